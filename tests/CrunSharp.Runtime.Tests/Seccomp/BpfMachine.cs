using System.Buffers.Binary;

namespace CrunSharp.Runtime.Tests;

/// <summary>Runs a filter as the kernel would: what a profile means is asked of the program, not read from it.</summary>
internal static class BpfMachine
{
    public const uint X86_64 = 0xc000003e;
    public const uint I386 = 0x40000003;

    public static uint Run(ReadOnlyMemory<byte> filter, uint number, uint architecture = X86_64, params ReadOnlySpan<ulong> arguments)
    {
        byte[] data = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), architecture);
        for (int i = 0; i < arguments.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16 + (8 * i)), arguments[i]);
        }

        ReadOnlySpan<byte> program = filter.Span;
        uint accumulator = 0;
        for (int at = 0; ; at++)
        {
            ReadOnlySpan<byte> instruction = program.Slice(at * 8, 8);
            uint value = BinaryPrimitives.ReadUInt32LittleEndian(instruction[4..]);
            bool? jump = null;
            switch (BinaryPrimitives.ReadUInt16LittleEndian(instruction))
            {
                case 0x20: accumulator = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan((int)value)); break;
                case 0x54: accumulator &= value; break;
                case 0x05: at += (int)value; break;
                case 0x15: jump = accumulator == value; break;
                case 0x25: jump = accumulator > value; break;
                case 0x35: jump = accumulator >= value; break;
                case 0x06: return value;
                case ushort code: throw new NotSupportedException($"instruction 0x{code:x}");
            }

            if (jump is { } taken)
            {
                at += instruction[taken ? 2 : 3];
            }
        }
    }
}

using System.Buffers.Binary;
using CrunSharp.Linux;

namespace CrunSharp.Observe;

/// <summary>What a filter answers to a call.</summary>
/// <remarks>seccomp(2): the high half is the action, the low half its data.</remarks>
public readonly record struct FilterAnswer(uint Value)
{
    private const uint Allowed = 0x7fff0000;
    private const uint Logged = 0x7ffc0000;
    private const uint Refused = 0x00050000;
    private const uint ProcessKilled = 0x80000000;

    public static FilterAnswer Allow { get; } = new(Allowed);

    public bool Lets => Action is Allowed or Logged;

    public bool Kills => Action is ProcessKilled or 0;

    public bool Traps => Action == 0x00030000;

    public int? Errno => Action == Refused ? (int)(Value & 0xffff) : null;

    /// <summary>Of several filters' answers the strictest counts: the smallest, as a signed number.</summary>
    public int Rank => (int)Action;

    private uint Action => Value & 0xffff0000;
}

/// <summary>A seccomp filter as the kernel runs it: its answer to a call is exact, nothing is guessed.</summary>
/// <remarks>The classic BPF of &lt;linux/filter.h&gt;, as far as seccomp accepts it.</remarks>
public sealed class SocketFilter(ReadOnlyMemory<byte> program)
{
    private const int InstructionSize = 8;
    private const int MemoryWords = 16;
    private const int DataSize = 64;

    public bool IsEmpty => program.IsEmpty;

    public FilterAnswer Run(in SystemCall call)
    {
        Span<byte> data = stackalloc byte[DataSize];
        BinaryPrimitives.WriteInt32LittleEndian(data, (int)call.Number);
        BinaryPrimitives.WriteUInt32LittleEndian(data[4..], call.Architecture);
        BinaryPrimitives.WriteUInt64LittleEndian(data[8..], call.Instruction);
        for (int i = 0; i < 6; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(data[(16 + (8 * i))..], call[i]);
        }

        return Run(data);
    }

    private FilterAnswer Run(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> code = program.Span;
        Span<uint> memory = stackalloc uint[MemoryWords];
        memory.Clear();
        uint a = 0, x = 0;
        for (int at = 0; (at + 1) * InstructionSize <= code.Length; at++)
        {
            ReadOnlySpan<byte> instruction = code.Slice(at * InstructionSize, InstructionSize);
            ushort operation = BinaryPrimitives.ReadUInt16LittleEndian(instruction);
            uint k = BinaryPrimitives.ReadUInt32LittleEndian(instruction[4..]);
            switch (operation & 7)
            {
                case 0: // LD
                    a = Load(operation, k, data, memory);
                    break;
                case 1: // LDX
                    x = Load(operation, k, data, memory);
                    break;
                case 2: // ST
                    memory[(int)k] = a;
                    break;
                case 3: // STX
                    memory[(int)k] = x;
                    break;
                case 4:
                    a = Compute(operation & 0xf0, a, (operation & 8) != 0 ? x : k);
                    break;
                case 5:
                    at += Jump(operation, a, (operation & 8) != 0 ? x : k, k, instruction);
                    break;
                case 6: // RET
                    return new FilterAnswer((operation & 0x18) == 0x10 ? a : k);
                case 7 when (operation & 0xf8) == 0x80: // TXA
                    a = x;
                    break;
                default: // TAX
                    x = a;
                    break;
            }
        }

        return FilterAnswer.Allow;
    }

    private static uint Load(int operation, uint k, ReadOnlySpan<byte> data, ReadOnlySpan<uint> memory) => (operation & 0xe0) switch
    {
        0x20 => BinaryPrimitives.ReadUInt32LittleEndian(data[(int)k..]),
        0x60 => memory[(int)k],
        0x80 => DataSize,
        _ => k,
    };

    private static uint Compute(int operation, uint a, uint operand) => operation switch
    {
        0x00 => a + operand,
        0x10 => a - operand,
        0x20 => a * operand,
        0x30 => operand == 0 ? 0 : a / operand,
        0x40 => a | operand,
        0x50 => a & operand,
        0x60 => a << (int)operand,
        0x70 => a >> (int)operand,
        0x80 => (uint)-(int)a,
        0xa0 => a ^ operand,
        _ => a,
    };

    private static int Jump(int operation, uint a, uint operand, uint k, ReadOnlySpan<byte> instruction)
    {
        bool holds;
        switch (operation & 0xf0)
        {
            case 0x00: return (int)k;
            case 0x10: holds = a == operand; break;
            case 0x20: holds = a > operand; break;
            case 0x30: holds = a >= operand; break;
            default: holds = (a & operand) != 0; break;
        }

        return holds ? instruction[2] : instruction[3];
    }
}

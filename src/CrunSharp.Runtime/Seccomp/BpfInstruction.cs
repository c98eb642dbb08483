using System.Buffers.Binary;

namespace CrunSharp.Runtime;

/// <summary>One instruction of a classic BPF program, as seccomp takes it.</summary>
/// <remarks>linux/filter.h, struct sock_filter. Jumps count from the instruction after them, and only lead forward.</remarks>
internal readonly record struct BpfInstruction(ushort Code, byte IfTrue, byte IfFalse, uint Value)
{
    public const int Size = 8;

    /// <summary>BPF_LD|BPF_W|BPF_ABS: the accumulator becomes four bytes of struct seccomp_data.</summary>
    public const ushort Load = 0x20;

    /// <summary>BPF_JMP|BPF_JA.</summary>
    public const ushort Jump = 0x05;

    /// <summary>BPF_JMP|BPF_JEQ|BPF_K.</summary>
    public const ushort JumpIfEqual = 0x15;

    /// <summary>BPF_JMP|BPF_JGT|BPF_K.</summary>
    public const ushort JumpIfGreater = 0x25;

    /// <summary>BPF_JMP|BPF_JGE|BPF_K.</summary>
    public const ushort JumpIfNotLess = 0x35;

    /// <summary>BPF_JMP|BPF_JSET|BPF_K.</summary>
    public const ushort JumpIfAnyBit = 0x45;

    /// <summary>BPF_ALU|BPF_AND|BPF_K.</summary>
    public const ushort And = 0x54;

    /// <summary>BPF_RET|BPF_K.</summary>
    public const ushort Return = 0x06;

    /// <summary>Where struct seccomp_data has the number of the call.</summary>
    public const uint NumberOffset = 0;

    /// <summary>Where struct seccomp_data has the architecture, an AUDIT_ARCH_ constant.</summary>
    public const uint ArchitectureOffset = 4;

    public static BpfInstruction[] ReadAll(ReadOnlySpan<byte> program)
    {
        BpfInstruction[] instructions = new BpfInstruction[program.Length / Size];
        for (int i = 0; i < instructions.Length; i++)
        {
            ReadOnlySpan<byte> bytes = program.Slice(i * Size, Size);
            instructions[i] = new BpfInstruction(
                BinaryPrimitives.ReadUInt16LittleEndian(bytes), bytes[2], bytes[3], BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));
        }

        return instructions;
    }

    public static byte[] WriteAll(IReadOnlyList<BpfInstruction> instructions)
    {
        byte[] program = new byte[instructions.Count * Size];
        for (int i = 0; i < instructions.Count; i++)
        {
            Span<byte> bytes = program.AsSpan(i * Size, Size);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, instructions[i].Code);
            bytes[2] = instructions[i].IfTrue;
            bytes[3] = instructions[i].IfFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], instructions[i].Value);
        }

        return program;
    }

    /// <summary>Whether the program goes on where a comparison that held leads.</summary>
    public bool Holds(uint accumulator) => Code switch
    {
        JumpIfEqual => accumulator == Value,
        JumpIfGreater => accumulator > Value,
        JumpIfNotLess => accumulator >= Value,
        JumpIfAnyBit => (accumulator & Value) != 0,
        _ => throw new InvalidOperationException($"0x{Code:x} compares nothing"),
    };

    public bool Compares => Code is JumpIfEqual or JumpIfGreater or JumpIfNotLess or JumpIfAnyBit;
}

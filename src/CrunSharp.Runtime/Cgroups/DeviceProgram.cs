using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>The device rules of a cgroup2 directory, as an eBPF program that the kernel asks at each open and mknod.</summary>
/// <remarks>linux/bpf.h, struct bpf_cgroup_dev_ctx: access and type in one word, then major and minor.</remarks>
internal static class DeviceProgram
{
    // Registers: 0 the answer, 1 the context, then what was read out of it.
    private const int Type = 2;
    private const int Access = 3;
    private const int Major = 4;
    private const int Minor = 5;
    private const int Scratch = 6;

    public static void Attach(string directory, LinuxResources resources) => DeviceFilter.Attach(directory, Build(DeviceRules.For(resources)));

    /// <summary>The last rule that matches decides, so it is asked first.</summary>
    internal static ulong[] Build(IEnumerable<DeviceRule> rules)
    {
        List<ulong> program =
        [
            Code(0x61, Type, 1, 0, 0), // w2 = access << 16 | type
            Code(0xbc, Access, Type, 0, 0),
            Code(0x74, Access, 0, 0, 16),
            Code(0x54, Type, 0, 0, 0xffff),
            Code(0x61, Major, 1, 4, 0),
            Code(0x61, Minor, 1, 8, 0),
        ];
        foreach (DeviceRule rule in rules.Reverse())
        {
            List<ulong> body = Conditions(rule);

            // Each condition leaves for the next rule, past the answer's two instructions.
            for (int i = 0; i < body.Count; i++)
            {
                program.Add(IsJump(body[i]) ? body[i] | ((ulong)(ushort)(body.Count - i + 1) << 16) : body[i]);
            }

            program.Add(Code(0xb7, 0, 0, 0, rule.Allow ? 1 : 0));
            program.Add(Code(0x95, 0, 0, 0, 0));
            if (body.Count == 0)
            {
                // It matches everything: no rule before it is ever asked, and the kernel refuses code that cannot be reached.
                return [.. program];
            }
        }

        program.Add(Code(0xb7, 0, 0, 0, 0));
        program.Add(Code(0x95, 0, 0, 0, 0));
        return [.. program];
    }

    private static List<ulong> Conditions(DeviceRule rule)
    {
        const int BlockDevice = 1;
        const int CharacterDevice = 2;
        List<ulong> conditions = [];
        if (rule.Type != 'a')
        {
            conditions.Add(JumpIfNot(Type, rule.Type == 'b' ? BlockDevice : CharacterDevice));
        }

        int access = Bits(rule.Access);
        if (access != Bits("rwm"))
        {
            conditions.Add(Code(0xbc, Scratch, Access, 0, 0));
            if (rule.Allow)
            {
                // All that is wanted must be allowed by this rule.
                conditions.Add(Code(0x54, Scratch, 0, 0, ~access & 0x7));
                conditions.Add(JumpIfNot(Scratch, 0));
            }
            else
            {
                // Any part of it that is denied denies it.
                conditions.Add(Code(0x54, Scratch, 0, 0, access));
                conditions.Add(Code(0x16, Scratch, 0, 0, 0));
            }
        }

        if (rule.Major is >= 0)
        {
            conditions.Add(JumpIfNot(Major, (int)rule.Major));
        }

        if (rule.Minor is >= 0)
        {
            conditions.Add(JumpIfNot(Minor, (int)rule.Minor));
        }

        return conditions;
    }

    private static int Bits(string access) =>
        (access.Contains('m') ? 1 : 0) | (access.Contains('r') ? 2 : 0) | (access.Contains('w') ? 4 : 0);

    // BPF_JMP32 | BPF_JNE | BPF_K.
    private static ulong JumpIfNot(int register, int value) => Code(0x56, register, 0, 0, value);

    private static bool IsJump(ulong code) => (byte)code is 0x56 or 0x16;

    /// <summary>struct bpf_insn.</summary>
    private static ulong Code(byte operation, int destination, int source, short offset, int value) =>
        operation | ((ulong)(uint)(destination | (source << 4)) << 8) | ((ulong)(ushort)offset << 16) | ((ulong)(uint)value << 32);
}

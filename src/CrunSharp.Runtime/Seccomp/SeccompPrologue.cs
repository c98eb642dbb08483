using CrunSharp.Linux;

namespace CrunSharp.Runtime;

/// <summary>
/// What runs before libseccomp's program: calls that the library has no name for yet, by number, and ENOSYS for calls that are
/// newer than the whole profile. A program that probes for a new call then takes its older way, which EPERM would not let it.
/// </summary>
internal sealed class SeccompPrologue(IReadOnlyList<uint> architectures, SeccompAction standard)
{
    private const uint AUDIT_ARCH_X86_64 = 0xc000003e;
    private const uint X32_BIT = 0x40000000;
    private const uint RET_ENOSYS = 0x00050000 | 38;

    /// <summary>Newer than libseccomp 2.5.4, and of one number everywhere.</summary>
    private static readonly Dictionary<string, uint> s_newer = new(StringComparer.Ordinal)
    {
        ["set_mempolicy_home_node"] = 450,
        ["cachestat"] = 451,
        ["fchmodat2"] = 452,
        ["map_shadow_stack"] = 453,
        ["futex_wake"] = 454,
        ["futex_wait"] = 455,
        ["futex_requeue"] = 456,
        ["statmount"] = 457,
        ["listmount"] = 458,
        ["lsm_get_self_attr"] = 459,
        ["lsm_set_self_attr"] = 460,
        ["lsm_list_modules"] = 461,
        ["mseal"] = 462,
        ["setxattrat"] = 463,
        ["getxattrat"] = 464,
        ["listxattrat"] = 465,
        ["removexattrat"] = 466,
        ["open_tree_attr"] = 467,
        ["file_getattr"] = 468,
        ["file_setattr"] = 469,
    };

    private readonly SortedDictionary<uint, uint> _answers = [];
    private readonly Dictionary<uint, uint> _newest = [];

    /// <summary>Counts a call that the profile names, whatever it says of it.</summary>
    public void Named(string name)
    {
        foreach (uint architecture in architectures)
        {
            if (SeccompCompiler.Resolve(name, architecture) is { } number and >= 0)
            {
                Count(architecture, (uint)number & ~X32_BIT);
            }
        }
    }

    /// <summary>False when nobody knows the name, or the rule looks at arguments.</summary>
    public bool TryAdd(string name, SeccompRule rule)
    {
        if (!s_newer.TryGetValue(name, out uint number) || rule.Arguments.Count > 0)
        {
            return false;
        }

        // The library would let the first rule for a call stand, too.
        _ = _answers.TryAdd(number, rule.Action.Value);
        foreach (uint architecture in architectures)
        {
            Count(architecture, number);
        }

        return true;
    }

    public byte[] Build()
    {
        bool answersNewer = standard.Refuses && standard.Value != RET_ENOSYS && _newest.Count > 0;
        if (_answers.Count == 0 && !answersNewer)
        {
            return [];
        }

        // struct seccomp_data: the number first, then the architecture.
        List<BpfInstruction> program = [new(BpfInstruction.Load, 0, 0, BpfInstruction.ArchitectureOffset)];
        foreach (uint architecture in architectures)
        {
            List<BpfInstruction> block = Block(architecture, answersNewer);
            program.Add(new BpfInstruction(BpfInstruction.JumpIfEqual, 0, 1, architecture));
            program.Add(new BpfInstruction(BpfInstruction.Jump, 0, 0, 1));
            program.Add(new BpfInstruction(BpfInstruction.Jump, 0, 0, (uint)block.Count));
            program.AddRange(block);
        }

        // Each block that decides nothing leaves for the end of all this: where that is, is known only now.
        return BpfInstruction.WriteAll(
        [
            .. program.Select((instruction, at) => instruction is { Code: BpfInstruction.Jump, Value: uint.MaxValue }
                ? instruction with { Value = (uint)(program.Count - at - 1) }
                : instruction),
        ]);
    }

    private List<BpfInstruction> Block(uint architecture, bool answersNewer)
    {
        List<BpfInstruction> block = [new(BpfInstruction.Load, 0, 0, BpfInstruction.NumberOffset)];
        if (architecture == AUDIT_ARCH_X86_64)
        {
            // x32 calls carry the same architecture and a bit: libseccomp's to judge.
            block.Add(new BpfInstruction(BpfInstruction.JumpIfNotLess, 0, 1, X32_BIT));
            block.Add(new BpfInstruction(BpfInstruction.Jump, 0, 0, uint.MaxValue));
        }

        foreach ((uint number, uint answer) in _answers)
        {
            block.Add(new BpfInstruction(BpfInstruction.JumpIfEqual, 0, 1, number));
            block.Add(new BpfInstruction(BpfInstruction.Return, 0, 0, answer));
        }

        if (answersNewer && _newest.TryGetValue(architecture, out uint newest))
        {
            block.Add(new BpfInstruction(BpfInstruction.JumpIfGreater, 0, 1, newest));
            block.Add(new BpfInstruction(BpfInstruction.Return, 0, 0, RET_ENOSYS));
        }

        block.Add(new BpfInstruction(BpfInstruction.Jump, 0, 0, uint.MaxValue));
        return block;
    }

    private void Count(uint architecture, uint number) =>
        _newest[architecture] = Math.Max(_newest.GetValueOrDefault(architecture), number);
}

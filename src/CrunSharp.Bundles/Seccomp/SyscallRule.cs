namespace CrunSharp.Bundles;

/// <summary>What a filter says of some system calls, and when the rule is in it at all.</summary>
/// <param name="Names">Separated by spaces or line ends.</param>
internal sealed record SyscallRule(string Names)
{
    public string Action { get; init; } = "SCMP_ACT_ALLOW";

    public uint? Errno { get; init; }

    public IReadOnlyList<ArgumentTest> Arguments { get; init; } = [];

    /// <summary>The container has all of these.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>It has none of these.</summary>
    public IReadOnlyList<string> WithoutCapabilities { get; init; } = [];

    /// <summary>By the kernel's names: <c>amd64</c>, <c>arm64</c>; empty: every one.</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [];

    public IReadOnlyList<string> NotArchitectures { get; init; } = [];

    /// <summary>The oldest kernel that it is for.</summary>
    public Version? Since { get; init; }

    /// <summary>The kernel from which on it is not.</summary>
    public Version? Before { get; init; }

    public bool Applies(ulong capabilities, string architecture, Version kernel)
    {
        foreach (string name in Capabilities)
        {
            if (!Has(capabilities, name))
            {
                return false;
            }
        }

        foreach (string name in WithoutCapabilities)
        {
            if (Has(capabilities, name))
            {
                return false;
            }
        }

        return (Architectures.Count == 0 || Architectures.Contains(architecture))
            && !NotArchitectures.Contains(architecture)
            && (Since is null || kernel >= Since)
            && (Before is null || kernel < Before);
    }

    private static bool Has(ulong capabilities, string name) =>
        Oci.Capability.TryParse(name, out int number) && (capabilities & (1UL << number)) != 0;
}

/// <summary>One condition on an argument; <paramref name="Value"/> is the mask where the comparison has one.</summary>
internal readonly record struct ArgumentTest(uint Index, string Comparison, ulong Value, ulong ValueTwo = 0);

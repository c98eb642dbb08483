namespace CrunSharp.Oci;

/// <summary>The program of a container, or one more program in it.</summary>
/// <remarks>runtime-spec 1.3, config.md#process.</remarks>
public sealed record Process
{
    public bool Terminal { get; init; }

    public ConsoleSize? ConsoleSize { get; init; }

    public User User { get; init; } = User.Root;

    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Each <c>NAME=value</c>; where a name stands twice, the last one counts.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    public string Cwd { get; init; } = "/";

    /// <summary>Absent: none at all, as with runc and crun.</summary>
    public CapabilitySets? Capabilities { get; init; }

    public IReadOnlyList<Rlimit> Rlimits { get; init; } = [];

    public bool NoNewPrivileges { get; init; }

    public int? OomScoreAdj { get; init; }

    public string? ApparmorProfile { get; init; }

    public string? SelinuxLabel { get; init; }

    /// <summary>As it was written, or empty.</summary>
    public ReadOnlyMemory<byte> Scheduler { get; init; }

    /// <summary>As it was written, or empty.</summary>
    public ReadOnlyMemory<byte> IoPriority { get; init; }

    /// <summary>As it was written, or empty.</summary>
    public ReadOnlyMemory<byte> ExecCpuAffinity { get; init; }
}

/// <summary>The size of the terminal in characters.</summary>
public readonly record struct ConsoleSize(uint Height, uint Width);

/// <summary>Ids as seen inside the container.</summary>
public sealed record User
{
    public static User Root { get; } = new();

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public uint? Umask { get; init; }

    public IReadOnlyList<uint> AdditionalGids { get; init; } = [];
}

/// <summary>Names of capabilities, <c>CAP_</c> included, for each set of the kernel.</summary>
/// <remarks>capabilities(7).</remarks>
public sealed record CapabilitySets
{
    public IReadOnlyList<string> Bounding { get; init; } = [];

    public IReadOnlyList<string> Effective { get; init; } = [];

    public IReadOnlyList<string> Permitted { get; init; } = [];

    public IReadOnlyList<string> Inheritable { get; init; } = [];

    public IReadOnlyList<string> Ambient { get; init; } = [];
}

/// <summary>One resource limit; <paramref name="Type"/> is <c>RLIMIT_NOFILE</c> and the like.</summary>
public sealed record Rlimit(string Type, ulong Soft, ulong Hard);

namespace CrunSharp.Runtime;

/// <summary>What the launcher decided beside config.json.</summary>
public sealed record PlanOptions
{
    public static PlanOptions Default { get; } = new();

    /// <summary>Relative sources of mounts are beneath it.</summary>
    public string Bundle { get; init; } = "/";

    /// <summary>The container's id; it names the session keyring.</summary>
    public string Id { get; init; } = "";

    /// <summary>How many files of <see cref="FdSlot.Cgroup"/> the stage writes itself into.</summary>
    public int CgroupJoins { get; init; }

    /// <summary>The container's cgroups, absolute: what a mount of type cgroup shows.</summary>
    public IReadOnlyList<string> CgroupDirectories { get; init; } = [];

    /// <summary>Whether <see cref="FdSlot.Stdio"/> are handed over; otherwise 0, 1 and 2 are inherited.</summary>
    public bool RedirectStdio { get; init; }

    /// <summary>Whether the container ends as created and waits for <c>start</c>.</summary>
    public bool AwaitStart { get; init; }

    /// <summary>Whether the network is made from outside, and is to be there before the program.</summary>
    public bool AwaitNetwork { get; init; }

    /// <summary>Whether a process of ours stays as the first one and reaps.</summary>
    public bool Init { get; init; }

    public int PreservedDescriptors { get; init; }

    /// <summary>The value of HOME where the process has none; absent: it stays without.</summary>
    public string? Home { get; init; }

    public bool NewKeyring { get; init; } = true;

    /// <summary>What the kernel sends when the launcher ends; 0: nothing.</summary>
    public int ParentDeathSignal { get; init; }

    /// <summary>Move instead of pivot_root, for a host whose root is a ramdisk.</summary>
    public bool NoPivot { get; init; }

    public bool Trace { get; init; }

    /// <summary>The compiled form of <c>linux.seccomp</c>; absent: there is no such section.</summary>
    public SeccompProgram? Seccomp { get; init; }
}

/// <param name="Filter">An array of <c>struct sock_filter</c>.</param>
/// <param name="Flags">Those of seccomp(2).</param>
/// <param name="Listener">Whether <see cref="FdSlot.SeccompListener"/> takes the listener.</param>
public sealed record SeccompProgram(ReadOnlyMemory<byte> Filter, uint Flags, bool Listener = false);

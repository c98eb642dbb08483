using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>A launch, decided: what clone is asked for, and what the stage then does in this order.</summary>
public sealed record LaunchPlan
{
    /// <summary>Never holds <see cref="Namespaces.Cgroup"/>: its root would be the launcher's cgroup.</summary>
    public required Namespaces New { get; init; }

    /// <summary>What the launcher writes into uid_map when a user namespace is made; else empty.</summary>
    public IReadOnlyList<IdMapping> UidMap { get; init; } = [];

    public IReadOnlyList<IdMapping> GidMap { get; init; } = [];

    public required IReadOnlyList<Step> Steps { get; init; }

    /// <summary>The descriptors that the steps need, each once, in the order in which the stage gets them.</summary>
    public required IReadOnlyList<FdSlot> Slots { get; init; }

    /// <summary>Whether the stage tells the time after every step.</summary>
    public bool Trace { get; init; }

    /// <summary>What was asked for and could be left out without harm; sentences for the log.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>Where the root filesystem comes from, which config.json alone cannot say.</summary>
public abstract record RootSource
{
    private RootSource()
    {
    }

    /// <param name="Path">Absolute, on the host.</param>
    /// <param name="Device">With <paramref name="Inode"/>, what was found there; 0: not known.</param>
    public sealed record Directory(string Path, ulong Device = 0, ulong Inode = 0) : RootSource;

    /// <param name="Lowers">Top first.</param>
    /// <param name="Scratch">Has <c>upper</c> and <c>work</c>; absent: the root cannot be written.</param>
    /// <param name="MountPoint">An empty directory.</param>
    /// <param name="Volatile">Nothing is synced: for containers that are removed when they end.</param>
    public sealed record Overlay(
        IReadOnlyList<string> Lowers, string? Scratch, string MountPoint, bool UserXattr, bool Volatile = false) : RootSource;
}

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

/// <summary>What the planner has to know of the host and of this process.</summary>
public sealed record HostFacts
{
    /// <summary>Root of a host where everything is allowed; tests start from it.</summary>
    public static HostFacts Root { get; } = new();

    /// <summary>In this process's user namespace.</summary>
    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Whether this process's user namespace is the host's first one.</summary>
    public bool InitialUserNamespace { get; init; } = true;

    /// <summary>As /proc/self/uid_map shows it: a child's map may not span two of these.</summary>
    public IReadOnlyList<IdMapping> UidMap { get; init; } = [new(0, 0, uint.MaxValue)];

    public IReadOnlyList<IdMapping> GidMap { get; init; } = [new(0, 0, uint.MaxValue)];

    /// <summary>Whether /proc/self/setgroups says allow.</summary>
    public bool CanSetGroups { get; init; } = true;

    public CgroupLayout Cgroups { get; init; } = CgroupLayout.Unified;

    /// <summary>Those of cgroup v1, empty where there are none.</summary>
    public IReadOnlyList<CgroupHierarchy> Hierarchies { get; init; } = [];

    /// <summary>The highest capability that the kernel knows.</summary>
    public int LastCapability { get; init; } = 40;

    /// <summary>Capabilities in this process's bounding set; others cannot be given.</summary>
    public ulong Bounding { get; init; } = ulong.MaxValue;
}

public enum CgroupLayout
{
    None,

    /// <summary>Version 1, the hybrid form included.</summary>
    Legacy,
    Unified,
}

/// <summary>One hierarchy of cgroup v1, or the controllerless <c>unified</c> beside them.</summary>
/// <param name="Options">What names it to mount: <c>cpu,cpuacct</c>, <c>name=systemd</c>; empty for version 2.</param>
/// <param name="MountPoint">Absolute, on the host.</param>
public sealed record CgroupHierarchy(string Options, string MountPoint)
{
    public bool Unified => Options.Length == 0;
}

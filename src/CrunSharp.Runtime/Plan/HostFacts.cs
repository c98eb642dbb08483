using CrunSharp.Oci;

namespace CrunSharp.Runtime;

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

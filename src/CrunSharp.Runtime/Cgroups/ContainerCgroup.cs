using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>The cgroups of one container, made and limited, and how its process gets into them.</summary>
internal sealed class ContainerCgroup : IDisposable
{
    /// <summary>One per hierarchy.</summary>
    public required IReadOnlyList<string> Directories { get; init; }

    /// <summary>Files into which the process writes <c>0</c> itself.</summary>
    public IReadOnlyList<SafeFileHandle> Joins { get; init; } = [];

    /// <summary>The cgroup2 directory that the process is born in.</summary>
    public SafeFileHandle? BornIn { get; init; }

    /// <summary>What takes the process in once it is there; absent: it joins by itself.</summary>
    public SystemdScope? Scope { get; init; }

    public static ContainerCgroup None { get; } = new() { Directories = [] };

    public void Dispose()
    {
        foreach (SafeFileHandle join in Joins)
        {
            join.Dispose();
        }

        BornIn?.Dispose();
        Scope?.Dispose();
    }
}

/// <summary>Makes cgroups and writes limits.</summary>
internal abstract class CgroupDriver
{
    /// <summary>The driver for this host.</summary>
    /// <param name="rootless">Nothing was delegated: what cannot be made is left out, unless a limit was asked for.</param>
    /// <param name="annotations">Of config.json: what it asks of systemd.</param>
    public static CgroupDriver For(CgroupHost host, CgroupManager manager, bool rootless, IReadOnlyDictionary<string, string>? annotations = null) => (manager, host.Layout) switch
    {
        (CgroupManager.Systemd, CgroupLayout.Unified) => new SystemdCgroupDriver(host.Unified!, rootless, annotations),
        (CgroupManager.Systemd, _) => throw new CrunException("cannot use the systemd cgroup manager", "it needs cgroup version 2, and this host has version 1")
        {
            Hints = ["use the other manager: --cgroup-manager cgroupfs, without --systemd-cgroup"],
        },
        (CgroupManager.Disabled, _) or (_, CgroupLayout.None) => new NoCgroupDriver(),
        (_, CgroupLayout.Unified) => new UnifiedCgroupDriver(host.Unified!, rootless),
        _ => new LegacyCgroupDriver(host, rootless),
    };

    /// <summary>What <see cref="Create"/> takes for <c>linux.cgroupsPath</c> of config.json.</summary>
    /// <exception cref="CrunException">It is no path, or reaches for another's.</exception>
    public virtual string PathFor(string? cgroupsPath, ContainerId id) => CheckedPath(cgroupsPath, id);

    /// <summary>Makes the container's cgroups with their limits.</summary>
    /// <param name="path">As <see cref="PathFor"/> gives it.</param>
    public abstract ContainerCgroup Create(string path, LinuxResources resources);

    /// <summary>Writes other limits into cgroups that are there; what is absent stays.</summary>
    public virtual void Update(IReadOnlyList<string> directories, LinuxResources resources)
    {
        List<CgroupLimit> refused = [];
        foreach (CgroupLimit limit in LimitsOf(resources))
        {
            try
            {
                Write(limit, directories);
            }
            catch (CrunException failure) when (failure.InnerException is LinuxException { Errno: EINVAL })
            {
                // Memory may not exceed memory with swap, nor a quota its parent's: which is to be written first depends on the old values.
                refused.Add(limit);
            }
        }

        foreach (CgroupLimit limit in refused)
        {
            Write(limit, directories);
        }
    }

    protected abstract IEnumerable<CgroupLimit> LimitsOf(LinuxResources resources);

    /// <summary>Writes one limit into whichever of the directories has its controller.</summary>
    protected abstract void Write(CgroupLimit limit, IReadOnlyList<string> directories);

    private const int EINVAL = 22;

    /// <summary>Opens what a further process of the container needs to join.</summary>
    public abstract ContainerCgroup Open(IReadOnlyList<string> directories, string? below);

    /// <summary>The path beneath a hierarchy's mount; <c>..</c> could reach another container's.</summary>
    internal static string CheckedPath(string? cgroupsPath, ContainerId id)
    {
        if (cgroupsPath is null or "")
        {
            return $"/{id}";
        }

        foreach (Range part in cgroupsPath.AsSpan().Split('/'))
        {
            if (cgroupsPath.AsSpan(part).SequenceEqual(".."))
            {
                throw new CrunException("cannot use linux.cgroupsPath of config.json", $"'{cgroupsPath}' contains '..'");
            }
        }

        string path = $"/{cgroupsPath.Trim('/')}";
        return path == "/" ? $"/{id}" : path;
    }

    protected static CrunException CannotLimit(CgroupLimit limit, string why, Exception? inner = null) =>
        new($"cannot apply {limit.Origin} of config.json", why, inner);
}

/// <summary>Leaves the container in the caller's cgroups.</summary>
internal sealed class NoCgroupDriver : CgroupDriver
{
    public override ContainerCgroup Create(string path, LinuxResources resources)
    {
        foreach (CgroupLimit limit in UnifiedLimits.For(resources))
        {
            throw CannotLimit(limit, "this container gets no cgroup of its own");
        }

        return ContainerCgroup.None;
    }

    public override ContainerCgroup Open(IReadOnlyList<string> directories, string? below) => ContainerCgroup.None;

    protected override IEnumerable<CgroupLimit> LimitsOf(LinuxResources resources) => UnifiedLimits.For(resources);

    protected override void Write(CgroupLimit limit, IReadOnlyList<string> directories) =>
        throw CannotLimit(limit, "this container has no cgroup of its own");
}

using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>cgroups of version 2 made by systemd: a scope for each container, delegated, so that the rest is written as without systemd.</summary>
/// <remarks>The only way for an ordinary user, as systemd alone may move a process between what it delegated and a session.</remarks>
internal sealed class SystemdCgroupDriver(string mountPoint, bool rootless, IReadOnlyDictionary<string, string>? annotations) : CgroupDriver
{
    private readonly UnifiedCgroupDriver _files = new(mountPoint, rootless);

    public override string PathFor(string? cgroupsPath, ContainerId id)
    {
        SystemdUnitName name = SystemdUnitName.Parse(cgroupsPath, id, rootless);
        return $"{name.Slice}/{name.Unit}";
    }

    public override ContainerCgroup Create(string path, LinuxResources resources)
    {
        (string slice, string unit) = (path[..path.IndexOf('/')], path[(path.IndexOf('/') + 1)..]);
        List<SystemdProperty> wanted = [.. SystemdProperty.Of(resources), .. annotations is null ? [] : SystemdProperty.OfAnnotations(annotations)];
        SystemdManager manager = SystemdManager.Open(rootless);
        string directory = mountPoint + ControlGroupOf(manager) + new SystemdUnitName(slice, unit).Path;
        return new ContainerCgroup
        {
            Directories = [directory],
            Scope = new SystemdScope(manager, unit, directory, rootless, (systemd, pid) =>
            {
                systemd.StartScope(unit, [.. SystemdProperty.OfScope(slice, pid, $"container {unit[..unit.LastIndexOf('.')]}"), .. wanted]);
                _files.Limit(directory, resources);
            }),
        };
    }

    public override ContainerCgroup Open(IReadOnlyList<string> directories, string? below)
    {
        if (!rootless || directories.Count == 0)
        {
            return _files.Open(directories, below);
        }

        // From a session's scope the kernel lets no ordinary user into another: systemd is asked to move the process.
        string unit = UnitOf(directories[0]);
        return new ContainerCgroup
        {
            Directories = directories,
            Scope = new SystemdScope(SystemdManager.Open(user: true), unit, directories[0], ofUser: true, (systemd, pid) => systemd.Attach(unit, $"/{below?.Trim('/')}".TrimEnd('/'), pid)),
        };
    }

    public override void Update(IReadOnlyList<string> directories, LinuxResources resources)
    {
        string unit = UnitOf(directories[0]);
        using SystemdManager manager = SystemdManager.Open(rootless);
        try
        {
            manager.SetProperties(unit, [.. SystemdProperty.Of(resources)]);
        }
        catch (DBusRefusedException refused)
        {
            throw new CrunException($"cannot change the limits of '{unit}'", refused.Message, refused);
        }

        base.Update(directories, resources);
    }

    /// <summary>Ends what runs in a scope, and the scope. What systemd answers changes nothing any more.</summary>
    /// <remarks>Before the cgroup is removed: systemd, not told in time, would keep a scope without one as running.</remarks>
    public static void End(string unit, IReadOnlyList<string> directories, bool rootless, Action<string>? warn)
    {
        const int SIGKILL = 9;
        try
        {
            foreach (string directory in directories)
            {
                CgroupRemoval.Kill(directory, SIGKILL);
            }

            using SystemdManager manager = SystemdManager.Open(rootless);
            manager.Stop(unit);
        }
        catch (Exception failure) when (failure is CrunException or LinuxException or DBusRefusedException)
        {
            warn?.Invoke($"systemd was not told that '{unit}' has ended: {failure.Message}");
        }
    }

    private static string ControlGroupOf(SystemdManager manager)
    {
        try
        {
            return manager.ControlGroup();
        }
        catch (Exception failure) when (failure is DBusRefusedException or CrunException)
        {
            manager.Dispose();
            throw failure as CrunException ?? new CrunException("cannot use systemd for cgroups", failure.Message, failure);
        }
    }

    protected override IEnumerable<CgroupLimit> LimitsOf(LinuxResources resources) => UnifiedLimits.For(resources);

    protected override void Write(CgroupLimit limit, IReadOnlyList<string> directories) => _files.Apply(limit, directories[0]);

    private static string UnitOf(string directory) => Path.GetFileName(directory);
}

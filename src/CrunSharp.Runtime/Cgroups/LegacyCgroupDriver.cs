using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>cgroup version 1: one directory in every hierarchy, and one in <c>unified</c> where that stands beside them.</summary>
internal sealed class LegacyCgroupDriver(CgroupHost host, bool rootless) : CgroupDriver
{
    private const int O_WRONLY = 1;
    private const int O_PATH = 0x200000;
    private const int O_DIRECTORY = 0x10000;
    private const int ENOENT = 2;
    private const int EACCES = 13;
    private const int EPERM = 1;
    private const int EROFS = 30;

    public override ContainerCgroup Create(string path, LinuxResources resources)
    {
        List<CgroupLimit> limits = [.. LegacyLimits.For(resources)];
        List<string> made = [];
        try
        {
            foreach (CgroupHierarchy hierarchy in host.Hierarchies)
            {
                string directory = hierarchy.MountPoint + path;
                MakeDirectories(hierarchy, path);
                made.Add(directory);
            }

            if (host.Unified is not null)
            {
                string directory = host.Unified + path;
                HostPaths.EnsureDirectory(directory, 0x1ed /* 0755 */);
                made.Add(directory);
            }

            foreach (CgroupLimit limit in limits)
            {
                ApplyIn(HierarchyOf(limit).MountPoint + path, limit);
            }

            if (!rootless && host.Find("devices") is { } devices)
            {
                ApplyDevices(devices.MountPoint + path, resources);
            }

            return Open(made, below: null);
        }
        catch (LinuxException failure) when (rootless && failure.Errno is EACCES or EPERM or EROFS)
        {
            CgroupRemoval.Remove(made, kill: false);
            return limits.Count == 0
                ? ContainerCgroup.None
                : throw CannotLimit(limits[0], "this user may not make cgroups here, and a limit needs one");
        }
        catch (LinuxException failure)
        {
            CgroupRemoval.Remove(made, kill: false);
            throw new CrunException($"cannot make the cgroup '{path}'", failure.Message, failure);
        }
        catch
        {
            CgroupRemoval.Remove(made, kill: false);
            throw;
        }
    }

    public override ContainerCgroup Open(IReadOnlyList<string> directories, string? below)
    {
        List<SafeFileHandle> joins = [];
        SafeFileHandle? bornIn = null;
        try
        {
            foreach (string directory in directories)
            {
                string target = below is null ? directory : Path.Join(directory, below);
                if (host.Unified is not null && directory.StartsWith(host.Unified + "/", StringComparison.Ordinal))
                {
                    bornIn = Descriptors.Open(target, O_PATH | O_DIRECTORY);
                }
                else
                {
                    // `tasks`, not `cgroup.procs`: moving a whole process waits for an RCU grace period.
                    joins.Add(Descriptors.Open(target + "/tasks", O_WRONLY));
                }
            }

            return new ContainerCgroup { Directories = directories, Joins = joins, BornIn = bornIn };
        }
        catch
        {
            joins.ForEach(join => join.Dispose());
            bornIn?.Dispose();
            throw;
        }
    }

    protected override IEnumerable<CgroupLimit> LimitsOf(LinuxResources resources) => LegacyLimits.For(resources);

    protected override void Write(CgroupLimit limit, IReadOnlyList<string> directories)
    {
        CgroupHierarchy hierarchy = HierarchyOf(limit);
        string directory = directories.FirstOrDefault(path => path.StartsWith(hierarchy.MountPoint + "/", StringComparison.Ordinal))
            ?? throw CannotLimit(limit, "this container has no cgroup of its own");
        ApplyIn(directory, limit);
    }

    private static void MakeDirectories(CgroupHierarchy hierarchy, string path)
    {
        // A new cpuset has no processors and takes no process until it is given some.
        if (hierarchy.Options.Contains("cpuset", StringComparison.Ordinal))
        {
            int end = 0;
            while (end < path.Length)
            {
                int next = path.IndexOf('/', end + 1);
                next = next < 0 ? path.Length : next;
                string directory = hierarchy.MountPoint + path[..next];
                if (HostPaths.TryMakeDirectory(directory, 0x1ed))
                {
                    Inherit(directory, "cpuset.cpus");
                    Inherit(directory, "cpuset.mems");
                }

                end = next;
            }
        }
        else
        {
            HostPaths.EnsureDirectory(hierarchy.MountPoint + path, 0x1ed);
        }
    }

    private static void Inherit(string directory, string file)
    {
        byte[] value = Descriptors.ReadAll(Path.Join(Path.GetDirectoryName(directory), file), 4096);
        Descriptors.WriteOnce(Path.Join(directory, file), value);
    }

    private CgroupHierarchy HierarchyOf(CgroupLimit limit) =>
        host.Find(limit.Controller) ?? throw CannotLimit(limit, $"this host has no '{limit.Controller}' cgroup controller");

    private void ApplyIn(string directory, CgroupLimit limit)
    {
        try
        {
            Descriptors.WriteOnce($"{directory}/{limit.File}", Encoding.ASCII.GetBytes(limit.Value));
        }
        catch (LinuxException failure) when (failure.Errno == ENOENT && limit.Fallback is not null)
        {
            Descriptors.WriteOnce($"{directory}/{limit.Fallback}", Encoding.ASCII.GetBytes(limit.FallbackValue ?? limit.Value));
        }
        catch (LinuxException failure) when (failure.Errno == ENOENT)
        {
            throw CannotLimit(limit, $"this kernel has no '{limit.File}'", failure);
        }
        catch (LinuxException failure) when (!rootless)
        {
            throw CannotLimit(limit, $"{failure.Call} of '{limit.Value}': {failure.Reason}", failure);
        }
    }

    private static void ApplyDevices(string directory, LinuxResources resources)
    {
        using SafeFileHandle allow = Descriptors.Open(directory + "/devices.allow", O_WRONLY);
        using SafeFileHandle deny = Descriptors.Open(directory + "/devices.deny", O_WRONLY);
        foreach (DeviceRule rule in DeviceRules.For(resources))
        {
            Descriptors.Write(rule.Allow ? allow : deny, Encoding.ASCII.GetBytes(DeviceRules.Format(rule)));
        }
    }
}

using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>cgroup version 2: one directory; limits are written before the process exists, and it is born inside.</summary>
internal sealed class UnifiedCgroupDriver(string mountPoint, bool rootless) : CgroupDriver
{
    private const int O_PATH = 0x200000;
    private const int O_DIRECTORY = 0x10000;
    private const int ENOENT = 2;
    private const int EACCES = 13;
    private const int EPERM = 1;
    private const int EROFS = 30;

    public override ContainerCgroup Create(string path, LinuxResources resources)
    {
        List<CgroupLimit> limits = [.. UnifiedLimits.For(resources)];
        string directory = mountPoint + path;
        bool made = false;
        try
        {
            EnableControllers(path, limits);
            HostPaths.EnsureDirectory(directory, 0x1ed /* 0755 */);
            made = true;
            Limit(directory, resources);
            return Open([directory], below: null);
        }
        catch (LinuxException failure) when (rootless && failure.Errno is EACCES or EPERM or EROFS)
        {
            CgroupRemoval.Remove(made ? [directory] : [], kill: false);
            return limits.Count == 0
                ? ContainerCgroup.None
                : throw CannotLimit(limits[0], "no cgroup was delegated to this user, and a limit needs one");
        }
        catch (LinuxException failure)
        {
            CgroupRemoval.Remove(made ? [directory] : [], kill: false);
            throw new CrunException($"cannot make the cgroup '{path}'", failure.Message, failure);
        }
        catch
        {
            CgroupRemoval.Remove(made ? [directory] : [], kill: false);
            throw;
        }
    }

    public override ContainerCgroup Open(IReadOnlyList<string> directories, string? below)
    {
        if (directories.Count == 0)
        {
            return ContainerCgroup.None;
        }

        string target = below is null ? directories[0] : Path.Join(directories[0], below);
        return new ContainerCgroup
        {
            Directories = directories,
            BornIn = Descriptors.Open(target, O_PATH | O_DIRECTORY),
        };
    }

    /// <summary>Writes the limits into a cgroup that is there, and attaches the rules for devices.</summary>
    internal void Limit(string directory, LinuxResources resources)
    {
        foreach (CgroupLimit limit in UnifiedLimits.For(resources))
        {
            Apply(limit, directory);
        }

        if (!rootless)
        {
            DeviceProgram.Attach(directory, resources);
        }
    }

    protected override IEnumerable<CgroupLimit> LimitsOf(LinuxResources resources) => UnifiedLimits.For(resources);

    protected override void Write(CgroupLimit limit, IReadOnlyList<string> directories) =>
        Apply(limit, directories.Count > 0 ? directories[0] : throw CannotLimit(limit, "this container has no cgroup of its own"));

    // A controller reaches a cgroup only when every one above hands it down.
    private void EnableControllers(string path, List<CgroupLimit> limits)
    {
        HashSet<string> wanted = [.. limits.Select(limit => limit.Controller), "cpu", "memory", "pids", "io", "cpuset", "hugetlb"];
        wanted.Remove("cgroup");
        int end = 0;
        while (end >= 0)
        {
            string directory = mountPoint + path[..end];
            if (end > 0)
            {
                HostPaths.EnsureDirectory(directory, 0x1ed);
            }

            HandDown(directory, wanted);
            end = path.IndexOf('/', end + 1);
        }
    }

    private static void HandDown(string directory, HashSet<string> wanted)
    {
        string available = Encoding.ASCII.GetString(Descriptors.ReadAll($"{directory}/cgroup.controllers", 4096));
        string enabled = Encoding.ASCII.GetString(Descriptors.ReadAll($"{directory}/cgroup.subtree_control", 4096));
        HashSet<string> already = [.. enabled.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)];
        foreach (string controller in available.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!wanted.Contains(controller) || already.Contains(controller))
            {
                continue;
            }

            try
            {
                Descriptors.WriteOnce($"{directory}/cgroup.subtree_control", Encoding.ASCII.GetBytes($"+{controller}"));
            }
            catch (LinuxException)
            {
                // A cgroup with processes of its own hands nothing down. Whoever needs the controller hears of it
                // when the limit's file is missing.
            }
        }
    }

    internal void Apply(CgroupLimit limit, string directory)
    {
        try
        {
            Write(directory, limit.File, limit.Value);
        }
        catch (LinuxException failure) when (failure.Errno == ENOENT && limit.Fallback is not null)
        {
            Write(directory, limit.Fallback, limit.FallbackValue ?? limit.Value);
        }
        catch (LinuxException failure) when (failure.Errno == ENOENT)
        {
            // Without swap there is nothing to limit, and none to be had.
            if (limit.File == "memory.swap.max")
            {
                return;
            }

            throw CannotLimit(limit, $"the '{limit.Controller}' controller is not available in '{directory}'", failure);
        }
        catch (LinuxException failure) when (!rootless)
        {
            throw CannotLimit(limit, $"{failure.Call} of '{limit.Value}': {failure.Reason}", failure);
        }
    }

    private static void Write(string directory, string file, string value) =>
        Descriptors.WriteOnce($"{directory}/{file}", Encoding.ASCII.GetBytes(value));
}

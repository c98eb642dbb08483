using System.Runtime.InteropServices;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>The same decisions as the drivers', as a list.</summary>
internal static class CgroupOutlines
{
    private const int O_WRONLY = 1;

    public static CgroupOutline Of(CgroupHost host, CgroupManager manager, bool rootless, string path, LinuxResources resources) =>
        manager == CgroupManager.Disabled ? CgroupOutline.None : host.Layout switch
        {
            // What an ordinary user may not make is left out, as the driver does when the kernel refuses it.
            CgroupLayout.Legacy when !rootless => Legacy(host, path, resources),
            CgroupLayout.Unified when !rootless || MayMake(host.Unified!) => Unified(host.Unified!, path, resources, rootless),
            _ => CgroupOutline.None,
        };

    private static CgroupOutline Legacy(CgroupHost host, string path, LinuxResources resources)
    {
        List<string> directories = [.. host.Hierarchies.Select(hierarchy => hierarchy.MountPoint + path)];
        List<CgroupWrite> writes = [];
        foreach (CgroupHierarchy hierarchy in host.Hierarchies)
        {
            if (hierarchy.Options.Contains("cpuset", StringComparison.Ordinal))
            {
                writes.AddRange(Inherited(hierarchy.MountPoint, path));
            }
        }

        foreach (CgroupLimit limit in LegacyLimits.For(resources))
        {
            string directory = host.Find(limit.Controller)?.MountPoint + path;
            writes.Add(new CgroupWrite($"{directory}/{limit.File}", limit.Value, Origin: limit.Origin));
        }

        if (host.Find("devices") is { } devices)
        {
            foreach (DeviceRule rule in DeviceRules.For(resources))
            {
                string file = rule.Allow ? "devices.allow" : "devices.deny";
                writes.Add(new CgroupWrite($"{devices.MountPoint}{path}/{file}", DeviceRules.Format(rule), Origin: "linux.resources.devices"));
            }
        }

        string? unified = host.Unified is null ? null : host.Unified + path;
        return new CgroupOutline(
            unified is null ? directories : [.. directories, unified], writes, [.. directories.Select(static directory => $"{directory}/tasks")], unified, default);
    }

    private static IEnumerable<CgroupWrite> Inherited(string mountPoint, string path)
    {
        string above = mountPoint;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string directory = $"{above}/{part}";
            yield return new CgroupWrite($"{directory}/cpuset.cpus", null, $"{above}/cpuset.cpus");
            yield return new CgroupWrite($"{directory}/cpuset.mems", null, $"{above}/cpuset.mems");
            above = directory;
        }
    }

    private static CgroupOutline Unified(string mountPoint, string path, LinuxResources resources, bool rootless)
    {
        string directory = mountPoint + path;
        List<CgroupWrite> writes = [];
        string above = mountPoint;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (string controller in (ReadOnlySpan<string>)["cpu", "memory", "pids", "io", "cpuset"])
            {
                // A cgroup with processes of its own hands nothing down; a limit's file that is then missing says so.
                writes.Add(new CgroupWrite($"{above}/cgroup.subtree_control", $"+{controller}", Optional: true));
            }

            above = $"{above}/{part}";
        }

        foreach (CgroupLimit limit in UnifiedLimits.For(resources))
        {
            writes.Add(new CgroupWrite($"{directory}/{limit.File}", limit.Value, Origin: limit.Origin, Optional: limit.File == "memory.swap.max"));
        }

        byte[] filter = rootless ? [] : MemoryMarshal.AsBytes<ulong>(DeviceProgram.Build(DeviceRules.For(resources))).ToArray();
        return new CgroupOutline([directory], writes, [], directory, filter);
    }

    private static bool MayMake(string mountPoint)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle? file = Descriptors.TryOpen($"{mountPoint}/cgroup.procs", O_WRONLY);
        return file is not null;
    }
}

using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

public sealed partial class ContainerRuntime
{
    /// <summary>Who makes an ordinary user's cgroups here: systemd, where it runs an instance for this user.</summary>
    public static CgroupManager ManagerOfUser { get; } =
        HostPaths.Exists("/run/systemd/system") && CgroupHost.Read().Layout == CgroupLayout.Unified && SystemdManager.UserBus() is not null
            ? CgroupManager.Systemd
            : CgroupManager.Cgroupfs;

    /// <summary>Ends what runs in a container's cgroups and removes them, where a killed launch left no state that names them.</summary>
    /// <param name="id">The container's.</param>
    /// <param name="cgroupsPath">As its config.json has, or would have had, it.</param>
    /// <remarks>May be called twice.</remarks>
    public static void RemoveCgroups(ContainerId id, string cgroupsPath)
    {
        CgroupHost host = CgroupHost.Read();
        string path = CgroupDriver.CheckedPath(cgroupsPath, id);
        List<string> directories = [.. host.Hierarchies.Select(hierarchy => hierarchy.MountPoint + path)];
        if (host.Unified is not null)
        {
            directories.Add(host.Unified + path);
        }

        if (CgroupRemoval.Remove([.. directories.Where(Directory.Exists)], kill: true) is [string left, ..])
        {
            throw new CrunException($"cannot clear container '{id}'", $"the cgroup '{left}' is still in use");
        }
    }
}

using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>Where the parts of one container lie: everything beneath one directory, so that one removal ends it.</summary>
public sealed record ContainerDirectory(string Path)
{
    /// <summary>Locked by whoever creates, changes or removes the container; the kernel lets go of it when that process dies.</summary>
    public string Lock => $"{Path}/lock";

    public string Record => $"{Path}/record.json";

    public string Config => $"{Path}/config.json";

    /// <summary>Written by the monitor when the container's program has ended.</summary>
    public string Exit => $"{Path}/exit";

    /// <summary>Holds <c>upper</c> (what the container wrote) and overlay's own <c>work</c>.</summary>
    public string Scratch => $"{Path}/scratch";

    /// <summary>All layers as one tree, which the container writes to: only where neither overlay nor fuse-overlayfs works.</summary>
    public string Copy => $"{Path}/scratch/copy";

    /// <summary>Where the container's own mount namespace sees its root; on the host it stays empty.</summary>
    public string MountPoint => $"{Path}/rootfs";

    public string Etc => $"{Path}/etc";

    public string Hosts => $"{Path}/etc/hosts";

    public string HostName => $"{Path}/etc/hostname";

    public string ResolvConf => $"{Path}/etc/resolv.conf";

    /// <summary>Anonymous volumes, numbered in the order in which the image names them.</summary>
    public string Volumes => $"{Path}/volumes";

    public ContainerId Id => ContainerId.Parse(System.IO.Path.GetFileName(Path));
}

using CrunSharp.Oci;

namespace CrunSharp.Bundles;

/// <summary>The mounts of every container, and those that the user adds or puts in their place.</summary>
internal static class MountChoice
{
    // The first kernel with mount_setattr, which can make a whole tree read-only.
    private static readonly Version s_recursiveReadOnly = new(5, 12);

    public static IReadOnlyList<Mount> Of(RunOptions options, BundleFacts facts)
    {
        List<Mount> users = [.. options.Mounts.Select(mount => Translate(mount, facts))];
        if (BundleSpec.BindsDevices(options, facts))
        {
            users.AddRange(options.Devices.Select(DeviceMount));
        }

        // Outer ones first, otherwise they would cover the inner ones. The sort keeps the order of equals.
        users = [.. users.OrderBy(static mount => mount.Destination.Count(static letter => letter == '/'))];

        bool ownsDev = users.Exists(static mount => mount.Destination == "/dev");
        List<Mount> mounts = [];
        foreach (Mount mount in Defaults(options, facts))
        {
            bool replaced = users.Exists(own => own.Destination == mount.Destination);
            if (!replaced && !(ownsDev && mount.Destination.StartsWith("/dev/", StringComparison.Ordinal)))
            {
                mounts.Add(mount);
            }
        }

        mounts.AddRange(users);
        return mounts;
    }

    /// <summary>What the root has to be for mounts that are to take part in the host's changes.</summary>
    public static string? RootPropagationOf(IReadOnlyList<BundleMount> mounts)
    {
        string? propagation = null;
        foreach (BundleMount mount in mounts)
        {
            foreach (string option in mount.Options)
            {
                propagation = option switch
                {
                    "shared" or "rshared" => "shared",
                    "slave" or "rslave" => propagation ?? "rslave",
                    _ => propagation,
                };
            }
        }

        return propagation;
    }

    private static IEnumerable<Mount> Defaults(RunOptions options, BundleFacts facts)
    {
        yield return New("proc", "/proc", "proc", ["nosuid", "noexec", "nodev"]);
        yield return New("tmpfs", "/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]);
        yield return New("devpts", "/dev/pts", "devpts",
            facts.MappedGids > 5
                ? ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]
                : ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]);
        yield return New("sysfs", "/sys", "sysfs", options.Privileged ? ["nosuid", "noexec", "nodev"] : ["nosuid", "noexec", "nodev", "ro"]);
        yield return New("cgroup", "/sys/fs/cgroup", "cgroup",
            options.Privileged ? ["nosuid", "noexec", "nodev"] : ["ro", "nosuid", "noexec", "nodev"]);
        if (options.Ipc.IsHost)
        {
            yield return New("bind", "/dev/mqueue", "/dev/mqueue", ["rbind", "nosuid", "noexec", "nodev"]);
            yield return New("bind", "/dev/shm", "/dev/shm", ["rbind", "nosuid", "noexec", "nodev"]);
        }
        else
        {
            yield return New("mqueue", "/dev/mqueue", "mqueue", ["nosuid", "noexec", "nodev"]);
            yield return New("tmpfs", "/dev/shm", "shm", ["nosuid", "noexec", "nodev", "mode=1777", $"size={options.ShmSize}"]);
        }
    }

    private static Mount Translate(BundleMount mount, BundleFacts facts)
    {
        string destination = ContainerPath.Normalize(mount.Destination);
        if (mount.Type != "bind")
        {
            return New(mount.Type, destination, mount.Source ?? mount.Type, mount.Options);
        }

        List<string> options = [.. mount.Options];
        if (!options.Exists(static option => option is "bind" or "rbind"))
        {
            options.Insert(0, "rbind");
        }

        // What is mounted below a read-only volume is to be read-only as well: that is what is meant, and docker does it.
        int readOnly = options.IndexOf("ro");
        if (readOnly >= 0 && options.Contains("rbind") && facts.Kernel >= s_recursiveReadOnly)
        {
            options[readOnly] = "rro";
        }

        if (!options.Exists(static option => option is "private" or "rprivate" or "shared" or "rshared" or "slave" or "rslave"))
        {
            options.Add("rprivate");
        }

        return New("bind", destination, mount.Source ?? throw new CrunException($"cannot mount at '{destination}'", "there is no source"), options);
    }

    private static Mount DeviceMount(DeviceMapping device) => New(
        "bind", ContainerPath.Normalize(device.ContainerPath), device.HostPath ?? device.ContainerPath, ["bind", "nosuid", "noexec", "rprivate"]);

    private static Mount New(string type, string destination, string source, IReadOnlyList<string> options) =>
        new() { Type = type, Destination = destination, Source = source, Options = options };
}

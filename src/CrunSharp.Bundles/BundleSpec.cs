using CrunSharp.Oci;

namespace CrunSharp.Bundles;

/// <summary>Image configuration and the user's options become config.json.</summary>
/// <remarks>Where nothing is asked for, docker's defaults (Docker Engine 29).</remarks>
public static partial class BundleSpec
{
    private const int ShortId = 12;

    /// <param name="image">What the image says of the program; <see cref="ImageDefaults.None"/> without an image.</param>
    /// <param name="users">/etc/passwd and /etc/group of the root filesystem.</param>
    /// <exception cref="CrunException">An option that cannot be had, or that contradicts another.</exception>
    public static Spec Create(ImageDefaults image, RunOptions options, UserDatabase users, BundleFacts facts)
    {
        string hostname = HostnameOf(options, facts);
        ulong capabilities = CapabilityChoice.Of(options, facts.Bounding);
        ContainerUser user = users.Find(options.User ?? image.User, options.AdditionalGroups);
        IReadOnlyList<string> arguments = ArgumentsOf(image, options);

        return new Spec
        {
            Process = new Process
            {
                Terminal = options.Terminal,
                Args = arguments,
                Cwd = DirectoryOf(options.WorkingDirectory, image.WorkingDirectory),
                Env = EnvironmentChoice.Of(image, options, facts, hostname, user.Home),
                User = new User { Uid = user.Uid, Gid = user.Gid, AdditionalGids = user.Groups, Umask = options.Umask },
                Capabilities = SetsOf(capabilities),
                NoNewPrivileges = options.Security.NoNewPrivileges,
                Rlimits = [.. options.Ulimits.Select(LimitOf)],
                OomScoreAdj = options.OomScoreAdj,
                ApparmorProfile = options.Security.ApparmorProfile,
            },
            Root = new Root { Path = "rootfs", Readonly = options.ReadOnlyRoot },
            Hostname = options.Uts.IsPrivate ? hostname : null,
            Domainname = options.Uts.IsPrivate ? options.Domainname : null,
            Mounts = MountChoice.Of(options, facts),
            Annotations = options.Annotations,
            Linux = new LinuxSpec
            {
                Namespaces = NamespacesOf(options, facts),
                UidMappings = options.UserNamespace is { Path: null } own ? own.Uids : [],
                GidMappings = options.UserNamespace is { Path: null } same ? same.Gids : [],
                CgroupsPath = facts.Cgroups ? options.CgroupsPath ?? $"/crun-sharp/{options.ContainerId}" : null,
                Resources = ResourceChoice.Of(options, facts),
                Devices = DevicesOf(options, facts),
                Sysctl = SysctlChoice.Of(options, facts),
                RootfsPropagation = MountChoice.RootPropagationOf(options.Mounts),
                MaskedPaths = SecurityDefaults.MaskedPathsOf(options, facts),
                ReadonlyPaths = SecurityDefaults.ReadonlyPathsOf(options),
                Seccomp = SeccompOf(options, capabilities, facts),
            },
        };
    }

    /// <summary>Whether devices have to be bound from the host: no node can be made in a user namespace.</summary>
    internal static bool BindsDevices(RunOptions options, BundleFacts facts) => !facts.Rootful || options.UserNamespace is not null;

    private static string HostnameOf(RunOptions options, BundleFacts facts)
    {
        if (!options.Uts.IsPrivate && options.Hostname is not null)
        {
            throw new CrunException("cannot use --hostname", "the container shares another's uts namespace, whose name it would change");
        }

        string name = options.Hostname ?? (options.Uts.IsPrivate
            ? options.ContainerId[..Math.Min(ShortId, options.ContainerId.Length)]
            : facts.HostHostname);

        // It is written into /etc/hosts and /etc/hostname, one line each.
        bool isName = name.Length is > 0 and <= 64 && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_');
        return isName
            ? name
            : throw new CrunException($"cannot use the host name '{name}'", "it is not 1 to 64 letters, digits, '.', '-' and '_'");
    }

    private static List<string> ArgumentsOf(ImageDefaults image, RunOptions options)
    {
        IReadOnlyList<string> entrypoint = options.Entrypoint switch
        {
            null => image.Entrypoint,
            "" => [],
            string program => [program],
        };
        IReadOnlyList<string> command = options.Command.Count > 0 || options.Entrypoint is not null ? options.Command : image.Command;
        List<string> arguments = [.. entrypoint, .. command];
        return arguments.Count > 0
            ? arguments
            : throw new CrunException("cannot run the container", "no command specified: the image names none and neither does the command line");
    }

    private static string DirectoryOf(string? asked, string image)
    {
        if (asked is { Length: > 0 } && !asked.StartsWith('/'))
        {
            throw new CrunException($"cannot use the working directory '{asked}'", "it needs to be an absolute path");
        }

        string path = asked is { Length: > 0 } ? asked : image;
        if (path.AsSpan().ContainsAnyInRange('\0', '\x1f'))
        {
            throw new CrunException("cannot use the working directory", "it holds control characters");
        }

        return ContainerPath.Normalize(path);
    }

    private static CapabilitySets SetsOf(ulong capabilities)
    {
        // Inheritable ones would come back in a program of the image that has some in its file (CVE-2022-29162).
        IReadOnlyList<string> names = Capability.NamesOf(capabilities);
        return new CapabilitySets { Bounding = names, Effective = names, Permitted = names };
    }

    private static Rlimit LimitOf(Ulimit limit) => limit.Name is
        "as" or "core" or "cpu" or "data" or "fsize" or "locks" or "memlock" or "msgqueue" or "nice" or "nofile" or "nproc" or "rss"
        or "rtprio" or "rttime" or "sigpending" or "stack"
            ? new Rlimit($"RLIMIT_{limit.Name.ToUpperInvariant()}", limit.Soft, limit.Hard)
            : throw new CrunException($"cannot use --ulimit '{limit.Name}'", "there is no limit of this name");

    private static ReadOnlyMemory<byte> SeccompOf(RunOptions options, ulong capabilities, BundleFacts facts)
    {
        if (options.Security.SeccompUnconfined || (options.Privileged && options.Security.SeccompProfile.IsEmpty))
        {
            return default;
        }

        SeccompProfile profile = options.Security.SeccompProfile.IsEmpty
            ? SeccompProfile.Default
            : SeccompProfile.Read(options.Security.SeccompProfile.Span);
        return profile.Render(capabilities, facts.Architecture, facts.Kernel);
    }

    private static List<LinuxNamespace> NamespacesOf(RunOptions options, BundleFacts facts)
    {
        List<LinuxNamespace> namespaces = [new(NamespaceType.Mount)];
        Add(NamespaceType.Network, options.Network);
        Add(NamespaceType.Uts, options.Uts);
        Add(NamespaceType.Pid, options.Pid);
        Add(NamespaceType.Ipc, options.Ipc);

        // As docker: with cgroup v1 containers see their host's tree, of which they get their own part mounted.
        Add(NamespaceType.Cgroup, options.Cgroup ?? (facts.UnifiedCgroups ? NamespaceChoice.Private : NamespaceChoice.Host));
        if (options.UserNamespace is { } users)
        {
            namespaces.Add(new LinuxNamespace(NamespaceType.User, users.Path));
        }

        return namespaces;

        void Add(NamespaceType type, NamespaceChoice choice)
        {
            if (!choice.IsHost)
            {
                namespaces.Add(new LinuxNamespace(type, choice.Path));
            }
        }
    }

    private static List<Device> DevicesOf(RunOptions options, BundleFacts facts)
    {
        if (BindsDevices(options, facts))
        {
            return [];
        }

        List<Device> devices = [];
        IEnumerable<DeviceMapping> wanted = options.Privileged ? facts.HostDevices.Concat(options.Devices) : options.Devices;
        foreach (DeviceMapping device in wanted)
        {
            // What is named last counts: a device of the user's in the place of one of the host's.
            devices.RemoveAll(other => other.Path == device.ContainerPath);
            devices.Add(new Device
            {
                Path = device.ContainerPath,
                Type = device.Type,
                Major = device.Major,
                Minor = device.Minor,
                FileMode = device.FileMode,
                Uid = device.Uid,
                Gid = device.Gid,
            });
        }

        return devices;
    }
}

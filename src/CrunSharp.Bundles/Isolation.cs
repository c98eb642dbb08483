using CrunSharp.Oci;

namespace CrunSharp.Bundles;

/// <summary>What keeps a container apart from its host, part by part.</summary>
[Flags]
public enum IsolationLayers
{
    None = 0,
    MountNamespace = 1 << 0,
    PidNamespace = 1 << 1,
    NetworkNamespace = 1 << 2,
    IpcNamespace = 1 << 3,
    UtsNamespace = 1 << 4,
    CgroupNamespace = 1 << 5,
    UserNamespace = 1 << 6,
    Cgroup = 1 << 7,
    Devices = 1 << 8,
    Masks = 1 << 9,
    Capabilities = 1 << 10,
    Seccomp = 1 << 11,
    Keyring = 1 << 12,
    All = (1 << 13) - 1,
}

/// <summary>Isolation taken apart: which layers a container keeps.</summary>
/// <remarks>For lessons and experiments. What is taken away here is lost to the container for its whole life.</remarks>
public sealed record Isolation
{
    private const string NamespacePrefix = "ns=";

    private static readonly (string Name, IsolationLayers Layer, string Loss)[] s_namespaces =
    [
        ("mnt", IsolationLayers.MountNamespace, ""),
        ("pid", IsolationLayers.PidNamespace, "it sees every process of the host, and may signal those of its user"),
        ("net", IsolationLayers.NetworkNamespace, "it uses the host's network: its addresses, its ports, its loopback with all that listens there"),
        ("ipc", IsolationLayers.IpcNamespace, "it reaches the host's shared memory, semaphores and message queues"),
        ("uts", IsolationLayers.UtsNamespace, "it has the host's name, and with CAP_SYS_ADMIN changes it"),
        ("cgroup", IsolationLayers.CgroupNamespace, "it sees where in the host's tree of cgroups it stands"),
        ("user", IsolationLayers.UserNamespace, "its root is the root of the namespace that it was started from"),
    ];

    private static readonly (string Name, IsolationLayers Layer, string Loss)[] s_layers =
    [
        ("cgroup", IsolationLayers.Cgroup, "nothing counts or limits its memory, processor time and processes, and no rule keeps devices away"),
        ("devices", IsolationLayers.Devices, "with CAP_MKNOD it makes a node for any device of the host and opens it, disks among them"),
        ("masks", IsolationLayers.Masks, "it reads what /proc and /sys tell of the host, and as root writes to /proc/sys and /proc/sysrq-trigger"),
        ("caps", IsolationLayers.Capabilities, "its root has every capability that its user namespace can give"),
        ("seccomp", IsolationLayers.Seccomp, "it may try every system call of the kernel, and with it every flaw in one"),
        ("keyring", IsolationLayers.Keyring, "it finds the keys in the session keyring of whoever started it"),
    ];

    public static Isolation Whole { get; } = new();

    public IsolationLayers Without { get; private init; }

    /// <summary>What is lost, a sentence for each layer that was taken away.</summary>
    public IEnumerable<string> Warnings => Without == IsolationLayers.None ? [] : s_namespaces.Select(static item => ($"ns={item.Name}", item.Layer, item.Loss)).Concat(s_layers)
        .Where(item => Without.HasFlag(item.Layer))
        .Select(static item => $"without {item.Item1}: {item.Loss}");

    /// <summary>Words that may follow <c>--only</c> and <c>--without</c>, for completion.</summary>
    public static IEnumerable<string> Words => s_namespaces.Where(static item => item.Layer != IsolationLayers.MountNamespace)
        .Select(static item => $"{NamespacePrefix}{item.Name}").Concat(s_layers.Select(static item => item.Name));

    /// <param name="only">The values of <c>--only</c>: everything else is taken away.</param>
    /// <param name="without">The values of <c>--without</c>.</param>
    /// <param name="rootful">Whether the container of root is meant, which has no user namespace.</param>
    /// <exception cref="CrunException">A word that there is not, or a container that cannot be.</exception>
    public static Isolation Read(IReadOnlyList<string> only, IReadOnlyList<string> without, bool rootful)
    {
        if (only.Count == 0 && without.Count == 0)
        {
            return Whole;
        }

        IsolationLayers removed = Layers("--without", without);
        if (only.Count > 0)
        {
            if (without.Count > 0)
            {
                throw new CrunException("cannot use --only and --without together", "one says what stays, the other what goes");
            }

            IsolationLayers kept = Layers("--only", only);
            if (rootful && kept.HasFlag(IsolationLayers.UserNamespace))
            {
                throw NoUserNamespace("--only");
            }

            // An ordinary user's containers cannot be without, root's have none.
            removed = IsolationLayers.All & ~kept & ~IsolationLayers.UserNamespace;
            if (!kept.HasFlag(IsolationLayers.Cgroup))
            {
                // The rules for devices are a cgroup's: they go with it.
                removed &= !kept.HasFlag(IsolationLayers.Devices) ? ~IsolationLayers.Devices
                    : throw new CrunException("cannot use --only devices without cgroup", "the rules for devices are its cgroup's") { Hints = [$"--only {string.Join(',', only)},cgroup"] };
            }
        }
        else if (rootful && removed.HasFlag(IsolationLayers.UserNamespace))
        {
            throw NoUserNamespace("--without");
        }

        string option = only.Count > 0 ? "--only" : "--without";
        if (removed.HasFlag(IsolationLayers.MountNamespace))
        {
            throw new CrunException($"cannot use {option}: no container without ns=mnt", "its root and its mounts would be made in the host's own tree")
            {
                Hints = only.Count > 0 ? [$"--only {string.Join(',', only)},ns=mnt"] : [],
            };
        }

        if (removed.HasFlag(IsolationLayers.UserNamespace))
        {
            throw new CrunException($"cannot use {option}: no container without ns=user", "an ordinary user has the rights to make one only in a user namespace")
            {
                Hints = ["as root it can be seen: sudo crun-sharp run ..."],
            };
        }

        return new Isolation { Without = removed };
    }

    /// <summary>The namespaces that go are the host's; what depends on them follows.</summary>
    /// <exception cref="CrunException">Another option asks for what is taken away.</exception>
    public RunOptions Apply(RunOptions options)
    {
        Refuse(IsolationLayers.Cgroup, options.Resources != ResourceOptions.None, "limits of memory, processors or processes");
        Refuse(IsolationLayers.UtsNamespace, options.Hostname is not null, "--hostname");
        Refuse(IsolationLayers.Capabilities, options.AddCapabilities.Count + options.DropCapabilities.Count > 0, "--cap-add and --cap-drop");
        Refuse(IsolationLayers.Seccomp, !options.Security.SeccompProfile.IsEmpty, "--security-opt seccomp=");
        return options with
        {
            Pid = Host(IsolationLayers.PidNamespace) ?? options.Pid,
            Network = Host(IsolationLayers.NetworkNamespace) ?? options.Network,
            Ipc = Host(IsolationLayers.IpcNamespace) ?? options.Ipc,
            Uts = Host(IsolationLayers.UtsNamespace) ?? options.Uts,
            Cgroup = Host(IsolationLayers.CgroupNamespace) ?? options.Cgroup,
        };

        NamespaceChoice? Host(IsolationLayers layer) => Without.HasFlag(layer) ? NamespaceChoice.Host : null;
    }

    /// <summary>The rest, once config.json is there: each layer goes alone, and takes no other with it.</summary>
    /// <param name="capabilities">All that can be given here.</param>
    public Spec Apply(Spec spec, ulong capabilities)
    {
        LinuxSpec linux = spec.Linux;
        if (Without.HasFlag(IsolationLayers.Masks))
        {
            linux = linux with { MaskedPaths = [], ReadonlyPaths = [] };
        }

        if (Without.HasFlag(IsolationLayers.Seccomp))
        {
            linux = linux with { Seccomp = default };
        }

        if (Without.HasFlag(IsolationLayers.Cgroup))
        {
            linux = linux with { CgroupsPath = null, Resources = LinuxResources.None };
        }
        else if (Without.HasFlag(IsolationLayers.Devices))
        {
            linux = linux with { Resources = linux.Resources with { Devices = [new DeviceRule(true)] } };
        }

        Process? process = spec.Process;
        if (Without.HasFlag(IsolationLayers.Capabilities) && process is not null)
        {
            IReadOnlyList<string> names = Capability.NamesOf(capabilities);
            process = process with { Capabilities = new CapabilitySets { Bounding = names, Effective = names, Permitted = names } };
        }

        return spec with { Linux = linux, Process = process };
    }

    private void Refuse(IsolationLayers layer, bool isAsked, string option)
    {
        if (isAsked && Without.HasFlag(layer))
        {
            string name = s_namespaces.FirstOrDefault(item => item.Layer == layer) is { Name: { } found } ? $"ns={found}" : s_layers.First(item => item.Layer == layer).Name;
            throw new CrunException($"cannot use {option} without {name}", "it is a part of what was taken away");
        }
    }

    private static CrunException NoUserNamespace(string option) =>
        new($"cannot use {option} ns=user", "a container that root starts has no user namespace of its own")
        {
            Hints = ["as an ordinary user it has one: run crun-sharp without sudo"],
        };

    // "ns=pid,mnt,seccomp": after ns= come namespaces, up to the first word that is none.
    private static IsolationLayers Layers(string option, IReadOnlyList<string> values)
    {
        IsolationLayers layers = IsolationLayers.None;
        foreach (string value in values)
        {
            bool inNamespaces = false;
            foreach (string part in value.Split(',', StringSplitOptions.TrimEntries))
            {
                string word = part;
                if (word.StartsWith(NamespacePrefix, StringComparison.Ordinal))
                {
                    inNamespaces = true;
                    word = word[NamespacePrefix.Length..];
                }

                (string? name, IsolationLayers layer, _) = inNamespaces ? Array.Find(s_namespaces, item => item.Name == word) : default;
                if (name is null)
                {
                    inNamespaces = false;
                    (name, layer, _) = Array.Find(s_layers, item => item.Name == part);
                }

                layers |= name is not null ? layer : throw Unknown(option, part);
            }
        }

        return layers;
    }

    private static CrunException Unknown(string option, string word)
    {
        bool isNamespace = Array.Exists(s_namespaces, item => item.Name == word);
        return new CrunException($"cannot use {option} '{word}'", "there is no such part of the isolation")
        {
            Hints = [isNamespace ? $"{option} ns={word}" : $"there are ns=mnt and {string.Join(", ", Words)}"],
        };
    }
}

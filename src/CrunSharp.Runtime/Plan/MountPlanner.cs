using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>The mounts of a config.json, each as one step or as the few that its type stands for.</summary>
internal sealed class MountPlanner(PlanBuilder plan, Spec spec, NamespacePlan namespaces)
{
    private readonly List<MakePathReadOnly> _deferred = [];

    /// <summary>Whether /dev is somebody's own directory, in which nothing may be made.</summary>
    public bool DevicesAreGiven { get; private set; }

    public void AddMounts()
    {
        for (int i = 0; i < spec.Mounts.Count; i++)
        {
            AddMount(i, $"mounts[{i}] of config.json");
        }
    }

    /// <summary>Filesystems that were asked for read-only, and had to take something in first.</summary>
    public void AddDeferred() => plan.Steps.AddRange(_deferred);

    private void AddMount(int index, string origin)
    {
        Mount mount = spec.Mounts[index];
        string path = Normalize(mount.Destination);
        MountOptions options = MountOptions.Read(mount.Options, origin);
        string type = mount.Type ?? "";
        bool isBind = options.Bind || type is "bind" or "none";
        RefuseInProc(path, type, isBind ? mount.Source : null, origin);
        if (path == "/")
        {
            throw new CrunException($"cannot mount {origin}", "its destination is the root itself");
        }

        if (isBind)
        {
            DevicesAreGiven |= path == "/dev";
            AddBind(mount, path, options, origin);
            return;
        }

        if (options.IdMap || mount.UidMappings.Count > 0)
        {
            throw new CrunException($"cannot mount {origin}", "ids can be mapped for bind mounts only");
        }

        if (BoundInstead(type) is { } source)
        {
            // A fresh one shows a namespace that does not belong to this user namespace: the kernel refuses it.
            plan.Add(new BindMount(
                path, source, options.Set, MountAttributes.None, Propagation.Slave | Propagation.Recursive,
                MountMode.Recursive | MountMode.AttributesRecursive | MountMode.NoFollow)
            { Origin = origin });
            return;
        }

        if (type is "cgroup" or "cgroup2")
        {
            CgroupMounts.Add(plan, namespaces, path, options, _deferred, origin);
            return;
        }

        AddFilesystem(index, path, type, options, origin);
    }

    private void AddFilesystem(int index, string path, string type, MountOptions options, string origin)
    {
        MountAttributes attributes = options.Set | options.RecursiveSet;
        // Others have the directories that things are mounted on from the start.
        if ((attributes & MountAttributes.ReadOnly) != 0 && type == "tmpfs" && TakesSomethingIn(index, path))
        {
            attributes &= ~MountAttributes.ReadOnly;
            _deferred.Add(new MakePathReadOnly(path) { Origin = origin });
        }

        MountMode mode = MountMode.None;
        string data = WithoutUnmappedIds(options.Data);
        if (type == "tmpfs")
        {
            mode |= options.CopyUp ? MountMode.CopyUp : MountMode.None;
            mode |= HasOption(data, "mode=") ? MountMode.None : MountMode.KeepMode;
        }

        data = WithLabel(type, data);

        // An image whose /proc is a link would have its settings written to a file of its own choice.
        mode |= options.NoFollow || type is "proc" or "sysfs" ? MountMode.NoFollow : MountMode.None;
        string? source = spec.Mounts[index].Source is { Length: > 0 } name && name != type ? name : null;
        plan.Add(new MountFilesystem(path, type, data, attributes, options.Propagation, mode) { Origin = origin, Source = source });
    }

    private void AddBind(Mount mount, string path, MountOptions options, string origin)
    {
        string source = mount.Source is { Length: > 0 } given
            ? Path.IsPathRooted(given) ? given : Path.Join(plan.Options.Bundle, given)
            : throw new CrunException($"cannot mount {origin}", "it is a bind mount without a source");

        (MountAttributes set, MountAttributes clear) = (options.Set, options.Clear);
        MountMode mode = options.Recursive ? MountMode.Recursive : MountMode.None;
        if ((options.RecursiveSet | options.RecursiveClear) != MountAttributes.None)
        {
            if ((clear & ~(options.RecursiveClear | options.RecursiveSet)) != 0)
            {
                throw new CrunException($"cannot mount {origin}", "options for the whole tree cannot stand beside others that loosen its top alone");
            }

            // Both at once would take two calls: what restricts the top then restricts the whole tree.
            (set, clear) = (options.RecursiveSet | (set & ~options.RecursiveClear), options.RecursiveClear);
            mode |= MountMode.AttributesRecursive;
        }

        if (options.Data.Length > 0)
        {
            plan.Warn($"{origin}: a bind mount has no use for '{options.Data}'");
        }

        mode |= options.NoFollow ? MountMode.NoFollow : MountMode.None;
        BindMount bind = new(path, source, set, clear, options.Propagation, mode) { Origin = origin };
        plan.Add(options.IdMap || mount.UidMappings.Count > 0 ? WithIdMap(bind, mount, options, origin) : bind);
    }

    private BindMount WithIdMap(BindMount bind, Mount mount, MountOptions options, string origin)
    {
        // Without maps of its own it takes the container's.
        bool own = mount.UidMappings.Count > 0 && mount.GidMappings.Count > 0;
        IReadOnlyList<IdMapping> uids = own ? mount.UidMappings : spec.Linux.UidMappings;
        IReadOnlyList<IdMapping> gids = own ? mount.GidMappings : spec.Linux.GidMappings;
        if (uids.Count == 0 || gids.Count == 0 || mount.UidMappings.Count > 0 != mount.GidMappings.Count > 0)
        {
            throw new CrunException($"cannot mount {origin}", "to map its ids, uidMappings and gidMappings are needed, here or in linux");
        }

        FdSlot.IdMap ids = new(uids, gids);
        if (plan.InUserNamespace)
        {
            // The filesystem belongs to the host's user namespace: from another one the kernel refuses to map it.
            return bind with { Tree = plan.Need(new FdSlot.MountTree(bind.Source, options.Recursive, ids, options.IdMapRecursive)) };
        }

        return bind with
        {
            IdMap = plan.Need(ids),
            Mode = bind.Mode | MountMode.IdMap | (options.IdMapRecursive ? MountMode.IdMapRecursive : MountMode.None),
        };
    }

    // Lexical: destinations are names inside the root, and the stage resolves them there.
    private bool TakesSomethingIn(int index, string path)
    {
        if (path == "/dev" || IsBeneath(spec.Process?.Cwd ?? "/", path))
        {
            return true;
        }

        for (int later = index + 1; later < spec.Mounts.Count; later++)
        {
            if (IsBeneath(Normalize(spec.Mounts[later].Destination), path))
            {
                return true;
            }
        }

        foreach (Device device in spec.Linux.Devices)
        {
            if (IsBeneath(device.Path, path))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsBeneath(string path, string directory) =>
        path.Length > directory.Length && path[directory.Length] == '/' && path.StartsWith(directory, StringComparison.Ordinal);

    private string? BoundInstead(string type) => !plan.InUserNamespace
        ? null
        : type switch
        {
            "proc" when !namespaces.Has(NamespaceType.Pid) => "/proc",
            "sysfs" when !namespaces.Has(NamespaceType.Network) => "/sys",
            "mqueue" when !namespaces.Has(NamespaceType.Ipc) => "/dev/mqueue",
            _ => null,
        };

    private string WithoutUnmappedIds(string data)
    {
        if (!plan.InUserNamespace || !HasOption(data, "gid="))
        {
            return data;
        }

        List<string> kept = [];
        foreach (string word in data.Split(','))
        {
            // devpts with gid=5 where there is no such group: the terminal then belongs to whoever opens it.
            if (!word.StartsWith("gid=", StringComparison.Ordinal) || !uint.TryParse(word.AsSpan(4), out uint gid) || namespaces.Maps(gid))
            {
                kept.Add(word);
            }
        }

        return string.Join(',', kept);
    }

    // SELinux: what these filesystems hold is born with the container's label. Those of the kernel have labels of their own.
    private string WithLabel(string type, string data)
    {
        if (spec.Linux.MountLabel is not { Length: > 0 } label || type is "proc" or "sysfs" or "mqueue")
        {
            return data;
        }

        // It holds commas, so it is quoted; a quote of its own would end it and begin other options.
        string option = label.Contains('"')
            ? throw new CrunException("cannot use 'linux.mountLabel' of config.json", "it holds a quotation mark")
            : $"context=\"{label}\"";
        return data.Length == 0 ? option : $"{data},{option}";
    }

    private static bool HasOption(string data, string start) =>
        data.StartsWith(start, StringComparison.Ordinal) || data.Contains($",{start}", StringComparison.Ordinal);

    /// <summary>Without doubled slashes and dots, and never above the root.</summary>
    internal static string Normalize(string destination) => Path.GetFullPath(Path.Join("/", destination)) switch
    {
        "/" => "/",
        string path => path.TrimEnd('/'),
    };

    // What procfs shows is the container's only view of its own labels and limits: a lookalike would have us write into files.
    private static void RefuseInProc(string path, string type, string? source, string origin)
    {
        if (path != "/proc" && !path.StartsWith("/proc/", StringComparison.Ordinal))
        {
            return;
        }

        bool isProc = type == "proc" || (source is not null && Normalize(source) == "/proc");
        if (path == "/proc" ? isProc : IsMadeUp(path) || isProc)
        {
            return;
        }

        throw new CrunException(
            $"cannot mount {origin}",
            path == "/proc" ? "\"/proc\" cannot be mounted because it is not of type proc" : $"\"{path}\" cannot be mounted because it is inside /proc");
    }

    // Files that tools such as lxcfs replace by ones that tell the container's own limits.
    private static bool IsMadeUp(string path) => path is
        "/proc/cpuinfo" or "/proc/diskstats" or "/proc/meminfo" or "/proc/stat" or "/proc/swaps" or "/proc/uptime" or "/proc/loadavg"
        or "/proc/slabinfo" or "/proc/net/dev" or "/proc/sys/kernel/ns_last_pid" or "/proc/sys/crypto/fips_enabled";
}

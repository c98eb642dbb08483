using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Which namespaces a container makes, joins and shares with its host.</summary>
internal sealed class NamespacePlan
{
    private const string What = "cannot plan the container";

    private readonly HostFacts _facts;
    private readonly LinuxNamespace?[] _byType = new LinuxNamespace?[8];
    private readonly string _timeOffsets;

    private NamespacePlan(Spec spec, HostFacts facts)
    {
        _facts = facts;
        foreach (LinuxNamespace item in spec.Linux.Namespaces)
        {
            ref LinuxNamespace? place = ref _byType[(int)item.Type];
            if (place is not null)
            {
                throw new CrunException(What, $"linux.namespaces of config.json names the {WordOf(item.Type)} namespace twice");
            }

            place = item;
        }

        if (!IsNew(NamespaceType.Mount))
        {
            throw new CrunException(What, "a container without a mount namespace of its own is not supported");
        }

        ReadMaps(spec.Linux);
        _timeOffsets = ReadTimeOffsets(spec.Linux);

        Namespaces created = Namespaces.None;
        foreach (LinuxNamespace? item in _byType)
        {
            if (item is { Path: null })
            {
                created |= FlagOf(item.Type);
            }
        }

        // Both show what they were made in: the cgroups joined first, the clocks set first. So the stage makes them itself.
        Made = created & ~Namespaces.Time;
        Clone = created & ~(Namespaces.Cgroup | Namespaces.Time);
        if (JoinsUser)
        {
            // Made by clone they would belong to the launcher's user namespace, where the container has no rights.
            Clone = Namespaces.None;
        }
    }

    public Namespaces Clone { get; }

    public IReadOnlyList<IdMapping> Uids { get; private set; } = [];

    public IReadOnlyList<IdMapping> Gids { get; private set; } = [];

    public bool NewUser => IsNew(NamespaceType.User);

    public bool JoinsUser => _byType[(int)NamespaceType.User] is { Path: not null };

    /// <summary>Whether supplementary groups may be set: with a map of only the caller's own group they may not.</summary>
    public bool GroupsCanBeSet => _facts.CanSetGroups && !(NewUser && _facts.Uid != 0 && Gids is [{ Size: 1 }]);

    private Namespaces Made { get; }

    public static NamespacePlan Read(Spec spec, HostFacts facts) => new(spec, facts);

    public static Namespaces FlagOf(NamespaceType type) => type switch
    {
        NamespaceType.Pid => Namespaces.Pid,
        NamespaceType.Network => Namespaces.Network,
        NamespaceType.Mount => Namespaces.Mount,
        NamespaceType.Ipc => Namespaces.Ipc,
        NamespaceType.Uts => Namespaces.Uts,
        NamespaceType.User => Namespaces.User,
        NamespaceType.Cgroup => Namespaces.Cgroup,
        _ => Namespaces.Time,
    };

    /// <summary>Whether it is not the host's.</summary>
    public bool Has(NamespaceType type) => _byType[(int)type] is not null;

    public bool IsNew(NamespaceType type) => _byType[(int)type] is { Path: null };

    public bool Maps(uint gid) => NewUser ? IdMaps.Maps(Gids, gid) : IdMaps.Maps(_facts.GidMap, gid);

    public void AddSteps(PlanBuilder plan)
    {
        // The user namespace first: it gives the rights over those that belong to it.
        if (_byType[(int)NamespaceType.User] is { Path: not null } user)
        {
            AddJoin(plan, user);
        }

        if (NewUser || JoinsUser)
        {
            plan.Add(new Become(0, 0));
        }

        foreach (LinuxNamespace? item in _byType)
        {
            if (item is { Path: not null, Type: not NamespaceType.User })
            {
                AddJoin(plan, item);
            }
        }

        Namespaces left = Made & ~Clone;
        if (left != Namespaces.None)
        {
            plan.Add(new Unshare(left));
        }

        if (IsNew(NamespaceType.Time))
        {
            plan.Add(new SetTimeOffsets(_timeOffsets) { Origin = "linux.timeOffsets of config.json" });
        }

        // A pid namespace takes in children only: whoever joined it is still outside.
        if (_byType[(int)NamespaceType.Pid] is { Path: not null } || (left & Namespaces.Pid) != 0)
        {
            plan.Add(new Fork());
        }
    }

    private static void AddJoin(PlanBuilder plan, LinuxNamespace item) =>
        plan.Add(new JoinNamespace(plan.Need(new FdSlot.Namespace(item.Type, item.Path ?? "")), FlagOf(item.Type))
        {
            Origin = $"the {WordOf(item.Type)} namespace of config.json",
        });

    internal static string WordOf(NamespaceType type) => type switch
    {
        NamespaceType.Pid => "pid",
        NamespaceType.Network => "network",
        NamespaceType.Mount => "mount",
        NamespaceType.Ipc => "ipc",
        NamespaceType.Uts => "uts",
        NamespaceType.User => "user",
        NamespaceType.Cgroup => "cgroup",
        _ => "time",
    };

    private void ReadMaps(LinuxSpec linux)
    {
        if (!NewUser)
        {
            if (!JoinsUser && (linux.UidMappings.Count > 0 || linux.GidMappings.Count > 0))
            {
                throw new CrunException(What, "config.json has uidMappings or gidMappings, but no user namespace");
            }

            if (_facts.Uid != 0 && !JoinsUser)
            {
                throw new CrunException(What, "without root, config.json has to ask for a user namespace")
                {
                    Hints = ["make one with: crun-sharp-oci spec --rootless"],
                };
            }

            return;
        }

        if (linux.UidMappings.Count == 0 || linux.GidMappings.Count == 0)
        {
            throw new CrunException(What, "config.json asks for a user namespace, but has no uidMappings or no gidMappings");
        }

        Uids = IdMaps.Split(linux.UidMappings, _facts.UidMap, "linux.uidMappings");
        Gids = IdMaps.Split(linux.GidMappings, _facts.GidMap, "linux.gidMappings");
        if (!IdMaps.Maps(Uids, 0) || !IdMaps.Maps(Gids, 0))
        {
            throw new CrunException(What, "the user namespace of config.json has no mapping for id 0, which its mounts are made as");
        }
    }

    private string ReadTimeOffsets(LinuxSpec linux)
    {
        string text = "";
        foreach ((string clock, TimeOffset offset) in linux.TimeOffsets)
        {
            if (!IsNew(NamespaceType.Time))
            {
                throw new CrunException(What, "config.json has timeOffsets, but no time namespace of its own");
            }

            if (clock is not ("monotonic" or "boottime"))
            {
                throw new CrunException(What, $"'linux.timeOffsets.{clock}' of config.json is neither monotonic nor boottime");
            }

            text += $"{clock} {offset.Seconds} {offset.Nanoseconds}\n";
        }

        return text;
    }
}

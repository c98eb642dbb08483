using CrunSharp.Linux;

namespace CrunSharp.Engine;

public static partial class Doctor
{
    private const ulong CLONE_NEWUSER = 0x10000000;

    private static readonly (string Name, ulong Flag)[] s_namespaces =
    [
        ("mount", 0x00020000), ("pid", 0x20000000), ("network", 0x40000000), ("ipc", 0x08000000), ("uts", 0x04000000), ("cgroup", 0x02000000),
    ];

    /// <summary>Each is made for real, by a child that ends with it; an ordinary user makes them in a user namespace.</summary>
    private static IEnumerable<Finding> Namespaces(bool root)
    {
        int error = Holder.TryNamespaces(CLONE_NEWUSER);
        Finding user = new() { Name = "user namespace", Health = Health.Fine, Seen = "can be made" };
        if (error != 0)
        {
            UserNamespaceLimits? limit = UserNamespaceLimits.Find();
            yield return user with
            {
                Health = root ? Health.Limited : Health.Missing,
                Seen = limit is null ? Describe(error) : $"forbidden by {limit.Name}",
                Costs = root ? "no --userns, and nothing for ordinary users" : "nothing runs without root",
                Mend = limit?.Mend,
            };
            yield break;
        }

        yield return user;
        List<string> made = [];
        foreach ((string name, ulong flag) in s_namespaces)
        {
            error = Holder.TryNamespaces(flag | (root ? 0 : CLONE_NEWUSER));
            if (error == 0)
            {
                made.Add(name);
                continue;
            }

            yield return new Finding
            {
                Name = $"{name} namespace",
                Health = Health.Missing,
                Seen = Describe(error),
                Costs = name == "network" ? "only --network host works" : "containers cannot be made",
                Mend = error == 28 ? $"sudo sysctl -w user.max_{(name == "network" ? "net" : name == "mount" ? "mnt" : name)}_namespaces=28633" : null,
            };
        }

        yield return new Finding { Name = "namespaces", Health = Health.Fine, Seen = string.Join(", ", made) };
    }

    private static Finding SubordinateIdsOfCaller()
    {
        string name = Environment.UserName;
        uint uid = Identity.EffectiveUid;
        return SubordinateIdFinding(name, SubordinateIdSource.Uids(name, uid), SubordinateIdSource.Gids(name, uid), SubordinateIdSource.Mend(name));
    }

    internal static Finding SubordinateIdFinding(string name, IReadOnlyList<IdRange> uids, IReadOnlyList<IdRange> gids, string mend)
    {
        // Images of Debian use 65534 for nobody; with fewer ids its files cannot be owned as they are.
        const uint Usual = 65535;
        ulong least = Math.Min(Sum(uids), Sum(gids));
        return new Finding
        {
            Name = "subordinate ids",
            Health = least >= Usual ? Health.Fine : Health.Limited,
            Seen = uids.Count == 0 && gids.Count == 0 ? $"'{name}' has none" : $"'{name}' has {Sum(uids)} user and {Sum(gids)} group ids",
            Costs = least >= Usual ? null : least == 0 ? "containers know user 0 only, and own files as you" : "files of users with high numbers cannot be unpacked",
            Mend = least >= Usual ? null : mend,
        };

        static ulong Sum(IReadOnlyList<IdRange> ranges) => ranges.Aggregate(0UL, static (sum, range) => sum + range.Count);
    }

    private static Finding Mapper(string name)
    {
        Finding finding = new() { Name = name, Health = Health.Fine, Seen = "" };
        if (HostProgram.Find(name) is not { } path)
        {
            return finding with { Health = Health.Limited, Seen = "not installed", Costs = "subordinate ids cannot be used", Mend = "sudo apt-get install uidmap" };
        }

        // Distributions give it either the bit or a file capability.
        bool privileged = (Ownership.Of(Path.GetFullPath(path)) is { Uid: 0 } owner && owner.Mode.HasFlag(UnixFileMode.SetUser)) || Ownership.HasFileCapabilities(path);
        return privileged
            ? finding with { Seen = path }
            : finding with { Health = Health.Limited, Seen = $"{path} has neither the set-user-ID bit nor a capability", Costs = "subordinate ids cannot be used", Mend = $"sudo chmod u+s {path}" };
    }

    private static Finding HolderOfCaller()
    {
        Finding finding = new() { Name = "your namespace", Health = Health.Fine, Seen = "not made yet: the first container makes it" };
        string? directory = RuntimeDirectory.Find(Identity.EffectiveUid);
        NamespaceRecord? record = directory is null ? null : NamespaceRecord.TryRead(UserNamespace.RecordIn(directory));
        if (record is null || !record.IsHeld(Identity.EffectiveUid))
        {
            return finding;
        }

        int pid = record.Holder.Pid;
        finding = finding with { Seen = $"kept by process {pid}" };
        bool oneId = IdExtent.Read($"/proc/{pid}/uid_map") is [{ Count: 1 }];
        return !oneId || SubordinateIdSource.Uids(Environment.UserName, Identity.EffectiveUid).Count == 0 ? finding : finding with
        {
            Health = Health.Limited,
            Seen = $"kept by process {pid}, made before you had subordinate ids",
            Costs = "containers know user 0 only",
            Mend = $"kill {pid}",
        };
    }

    private static Finding RuntimeDirectoryOfCaller()
    {
        string? named = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        string usual = $"/run/user/{Identity.EffectiveUid}";
        Finding finding = new() { Name = "XDG_RUNTIME_DIR", Health = Health.Fine, Seen = named ?? "not set" };
        if (named is not null && RuntimeDirectory.IsOwn(named))
        {
            return finding;
        }

        bool usualWorks = RuntimeDirectory.IsOwn(usual);
        return finding with
        {
            Health = usualWorks ? Health.Fine : Health.Limited,
            Seen = named is null ? "not set" : $"'{named}' is not a directory of yours alone",
            Costs = usualWorks ? null : "what runs is recorded beneath /tmp, where it may be swept away",
            Mend = usualWorks ? null : $"sudo loginctl enable-linger {Environment.UserName} && export XDG_RUNTIME_DIR={usual}",
        };
    }
}

using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Observe;

internal sealed partial class Judge
{
    private const int CAP_SYS_ADMIN = 21;

    /// <summary>EPERM and EACCES: mounts and modes first, then what the call itself needs.</summary>
    private Verdict ByRight(FailedCall failed, ProcessWitness witness) =>
        ByPath(failed) ?? ByDenyingGroups(failed) ?? CapabilityOf(failed) ?? BySetting(failed) ?? ByMount(failed) ?? ByPriority(failed) ?? ByNode(failed)
        ?? ByProcFile(failed) ?? ByModule(failed, witness) ?? Unknown(failed, []);

    private Verdict? ByOwnerOfAttribute(FailedCall failed) => failed.Name.EndsWith("xattr", StringComparison.Ordinal) ? CapabilityOf(failed) : null;

    private Verdict? CapabilityOf(FailedCall failed)
    {
        if (CapabilityNeeds.Of(failed.Process.Id, failed.Name, failed.Call) is not { } need || !Asks(failed, need))
        {
            return null;
        }

        ProcessFacts process = failed.Process;
        if (!process.Has(need.Number))
        {
            return Missing(failed, need);
        }

        bool isOutside = need.OfHost || (need.Name.StartsWith("CAP_NET_", StringComparison.Ordinal) && container.Spec.Linux.Namespace(NamespaceType.Network) is null)
            || (need.For == "naming the host" && container.Spec.Linux.Namespace(NamespaceType.Uts) is null);
        return isOutside && !process.IsInitialUserNamespace
            ? new Verdict(Layer.IdMap, $"{need.Name} counts in the container's user namespace only")
            {
                Evidence = [$"the process holds {need.Name}; {need.For} asks for it over the host, where this container's root is an ordinary id ({process.Uids[0].Outside} here)"],
                Allow = [container.IsRootless ? "a container made by root" : "no user namespace of its own"],
            }
            : null;
    }

    // Calls that need a capability in some cases only.
    private static bool Asks(FailedCall failed, CapabilityNeed need) => (failed.Name, failed.Errno) switch
    {
        ("mlock" or "mlock2" or "mlockall", _) => Limit(failed, "memlock") is { Soft: 0 },
        ("setpriority", Errno.EPERM) => failed.Process.EffectiveUid == RootOf(failed.Process),
        ("bind", Errno.EPERM) => false,
        ("sched_setaffinity", _) => true,
        ("prctl", _) => (int)failed.Call.A != 47 || (int)failed.Call.B != 2 || failed.Process.Has(need.Number),
        ("setrlimit" or "prlimit64", _) => true,
        _ => true,
    };

    private Verdict Missing(FailedCall failed, CapabilityNeed need)
    {
        ProcessFacts process = failed.Process;
        ulong bit = 1UL << need.Number;
        List<string> evidence = [$"{failed.Name} needs {need.Name} for {need.For}", "the process does not hold it (CapEff of /proc/pid/status)"];
        List<string> allow = [];
        bool isNobody = process.EffectiveUid != RootOf(process);
        if ((process.Bounding & bit) != 0 && isNobody)
        {
            evidence.Add($"the container has it, but the program runs as uid {Inside(process.Uids, process.EffectiveUid)}");
            allow.Add("--user root");
        }
        else if ((HeldByContainer() & bit) != 0)
        {
            evidence.Add("the container has it: the program gave it up itself");
        }
        else if (need.OfHost && !process.IsInitialUserNamespace)
        {
            // Given, it would still not reach: the user namespace is what stands in the way.
            return new Verdict(Layer.IdMap, $"{need.Name} would count in the container's user namespace only")
            {
                Evidence = [$"{failed.Name} needs {need.Name} over the host for {need.For}", "this container's root is an ordinary id outside, so --cap-add would not help"],
                Behind = [$"capability: {need.Name}"],
                Allow = [container.IsRootless ? $"a container made by root, with --cap-add {Short(need.Number)}" : $"no user namespace of its own, and --cap-add {Short(need.Number)}"],
            };
        }
        else if ((container.Grantable & bit) == 0)
        {
            evidence.Add("the engine itself may not hold it, so no option of run can give it");
        }
        else
        {
            // What is added is the container's; only its root has it from the start.
            allow.Add($"--cap-add {Short(need.Number)}{(isNobody ? " --user root" : "")}");
        }

        if (failed.Name is "setrlimit" or "prlimit64" && LimitAsked(failed) is var (name, hard))
        {
            allow.Insert(0, $"--ulimit {name}={(hard == ulong.MaxValue ? "-1" : hard)}, which sets it before the program starts");
        }

        if (failed.Name == "bind" && container.Spec.Linux.Namespace(NamespaceType.Network) is { Path: null or "" })
        {
            allow.Insert(0, $"--sysctl net.ipv4.ip_unprivileged_port_start={CapabilityNeeds.PortOf(process.Id, failed.Call)}");
        }

        return new Verdict(Layer.Capability, need.Name) { Evidence = evidence, Allow = allow };
    }

    private static Verdict? ByDenyingGroups(FailedCall failed) =>
        failed.Name == "setgroups" && ProcessFacts.Text($"/proc/{failed.Process.Id}/setgroups").Trim() == "deny"
            ? new Verdict(Layer.IdMap, "groups cannot be set in this user namespace")
            {
                Evidence = ["/proc/pid/setgroups says 'deny': the user has no subordinate group ids, so the kernel lets nobody drop groups"],
                Allow = ["subordinate ids for this user: usermod --add-subgids"],
            }
            : null;

    private static Verdict? BySetting(FailedCall failed)
    {
        (string Setting, string Value, string Why)? found = (failed.Name, failed.Errno) switch
        {
            ("socket", Errno.EACCES) when (int)failed.Call.C is 1 or 58 => ("net.ipv4.ping_group_range", "'0 2147483647'", "ICMP without a raw socket is for these groups only"),
            ("linkat" or "link", Errno.EPERM) => ("fs.protected_hardlinks", "0", "links to another's file that one may not write"),
            ("io_uring_setup", Errno.EPERM) => ("kernel.io_uring_disabled", "0", "io_uring is switched off"),
            ("userfaultfd", Errno.EPERM) => ("vm.unprivileged_userfaultfd", "1", "userfaultfd is for root"),
            ("setrlimit" or "prlimit64", Errno.EPERM) when LimitAsked(failed) is ("nofile", var most) && failed.Process.Has(24) => ("fs.nr_open", $"{most}", "no limit on descriptors may lie above it"),
            _ => null,
        };
        return found is var (setting, value, why)
            ? new Verdict(Layer.KernelSetting, setting)
            {
                Evidence = [$"{why}; {setting} is {ProcessFacts.Text($"/proc/{failed.Process.Id}/root/proc/sys/{setting.Replace('.', '/')}").Trim()}"],
                Allow = [.. setting == "fs.protected_hardlinks" ? ["--user root"] : (string[])[], setting.StartsWith("net.", StringComparison.Ordinal) ? $"--sysctl {setting}={value}" : $"sysctl -w {setting}={value} on the host"],
            }
            : null;
    }

    // The capability is held, and the mount is refused all the same.
    private static Verdict? ByMount(FailedCall failed)
    {
        const ulong Remount = 32;
        if (failed.Name is not ("mount" or "fsmount" or "fsopen" or "umount2" or "mount_setattr") || failed.Process.IsInitialUserNamespace)
        {
            return null;
        }

        string type = failed.Name == "mount" && ProcessMemory.ReadText(failed.Process.Id, failed.Call.C) is { } text ? Encoding.UTF8.GetString(text) : "";
        if (type is "proc" or "sysfs")
        {
            return new Verdict(Layer.MaskedPath, $"the masks over /{(type == "proc" ? "proc" : "sys")}")
            {
                Evidence = [$"a fresh {type} would show what the container's masked and read-only paths hide, so the kernel refuses it in a user namespace"],
                Allow = ["--security-opt systempaths=unconfined"],
            };
        }

        return failed.Name == "umount2" || (failed.Name == "mount" && (failed.Call.D & Remount) != 0)
            ? new Verdict(Layer.IdMap, "the mount is locked: it comes from a more privileged namespace") { Evidence = ["in a user namespace, mounts and their flags that were there before cannot be taken away"] }
            : new Verdict(Layer.IdMap, $"file systems of type '{type}' are mounted by the host's root only") { Evidence = ["the process holds CAP_SYS_ADMIN, over its own user namespace only"] };
    }

    private static Verdict? ByNode(FailedCall failed) => failed.Name is "mknod" or "mknodat" && failed.Process.Has(27)
        ? new Verdict(Layer.Cgroup, "the device rules refuse to make this node")
        {
            Evidence = ["CAP_MKNOD is held, and the directory may be written to"],
            Allow = ["--device HOST:INSIDE"],
        }
        : null;

    private Verdict? ByProcFile(FailedCall failed)
    {
        const string PtraceName = "CAP_SYS_PTRACE";
        foreach (PathUse use in failed.Paths)
        {
            using PathWalk? walk = PathWalk.Try(failed.Process, use);
            if (walk?.Target is not { IsProc: true } target)
            {
                continue;
            }

            string[] parts = target.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
            int at = Array.FindIndex(parts, static part => part.All(char.IsAsciiDigit));
            if (at >= 0 && (use.Want & Want.Open) != 0 && !failed.Process.Has(19))
            {
                return new Verdict(Layer.Capability, PtraceName)
                {
                    Evidence = [$"'{target.Path}' shows the inside of another process; its mode grants the access, and the kernel asks for {PtraceName} as well"],
                    Allow = (HeldByContainer() & (1UL << 19)) != 0 ? ["--user root"] : ["--cap-add SYS_PTRACE"],
                };
            }

            if (parts is [.., "oom_score_adj"] && (use.Want & Want.Write) != 0 && !failed.Process.Has(24))
            {
                return Missing(failed, new CapabilityNeed("CAP_SYS_RESOURCE", "lowering oom_score_adj", true));
            }
        }

        return null;
    }

    private static Verdict? ByModule(FailedCall failed, ProcessWitness witness)
    {
        if (witness.HasLandlock)
        {
            return new Verdict(Layer.Lsm, "landlock, which the program put on itself")
            {
                Evidence = ["the process called landlock_restrict_self, and neither modes, mounts, capabilities nor the filter refuse this call"],
                Doubt = [],
            };
        }

        string label = ProcessFacts.Text($"/proc/{failed.Process.Id}/attr/current").Trim('\0', '\n', ' ');
        string modules = ProcessFacts.Text("/sys/kernel/security/lsm").Trim();
        bool isConfined = label.Length > 0 && !label.StartsWith("unconfined", StringComparison.Ordinal) && label != "kernel";
        return isConfined
            ? new Verdict(Layer.Lsm, $"the process is confined as '{label}'")
            {
                Evidence = [$"nothing else refuses this call; modules of this kernel: {modules}"],
                Allow = [label.Contains(':', StringComparison.Ordinal) && label.Split(':').Length > 3 ? "--security-opt label=disable" : "--security-opt apparmor=PROFILE"],
            }
            : null;
    }

    private Verdict Unknown(FailedCall failed, IReadOnlyList<string> evidence)
    {
        List<Lift> doubt = [Lift.Capabilities];
        if (failed.Paths.Count > 0)
        {
            doubt.AddRange([Lift.Masks, Lift.ReadOnly, Lift.Devices]);
        }

        if (failed.Process.NoNewPrivileges)
        {
            doubt.Add(Lift.NoNewPrivileges);
        }

        doubt.Add(Lift.Cgroup);
        return new Verdict(Layer.Unknown, "no layer that was looked at refuses this")
        {
            Evidence = [.. evidence, container.Filter.IsEmpty ? "there is no filter" : "the filter, run on this call, lets it pass"],
            Doubt = doubt,
        };
    }
}

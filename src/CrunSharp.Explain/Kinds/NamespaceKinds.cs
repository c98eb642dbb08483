using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>Which world the process is in: cgroups, namespaces, session, names.</summary>
internal static class NamespaceKinds
{
    /// <summary>What each kind of namespace is for; clone makes most of them at once.</summary>
    public static IEnumerable<(Namespaces Kind, string Name, string Why, string Without)> Purposes { get; } =
    [
        (Namespaces.User, "user", "ids and capabilities count inside only: root of the container is an ordinary user outside", "root inside would be root outside, held back by capabilities and the filter alone"),
        (Namespaces.Mount, "mount", "what is mounted from here on is mounted for this process and its children", "every mount below would change the host's tree, and the root could not be exchanged"),
        (Namespaces.Uts, "uts", "the name of the host is the container's own", "a new host name would be the host's"),
        (Namespaces.Ipc, "ipc", "System V and POSIX queues, semaphores and shared memory begin empty", "it would reach the shared memory of the host's programs, a database's for one"),
        (Namespaces.Network, "net", "interfaces, addresses, routes, ports and sockets begin empty", "it would use the host's addresses and ports, and talk to all that listens on its loopback"),
        (Namespaces.Pid, "pid", "processes are numbered anew: the first one is 1, and when it ends the kernel ends all others", "it would see and might signal the host's processes, and could leave some behind"),
    ];

    public static Explainer[] All { get; } =
    [
        Explainer.Inside<WriteDescriptor>(
            new Explanation(
                "in its cgroup the process is counted and limited, and its children with it. Before everything else: what is allocated later is then on its account",
                "it could take all memory, every process number and all processor time of the host",
                "write(2) of \"0\", which means \"me\", into tasks (version 1)", "cgroups(7)"),
            static (step, script) => script.Inside.Line(step.Slot is FdSlot.Cgroup cgroup
                ? $"echo 0 > {Sh.Quote(script.Facts.Cgroup.Joins[cgroup.Number])}"
                : $": # nothing to write by hand: {step.Data}")),
        Explainer.Start<JoinNamespace>(
            static _ => new Explanation(
                "it is to share this namespace with another container: the same addresses, or the same processes",
                "it would be alone in a namespace of its own", "setns(2)", "nsenter(1), setns(2)"),
            static (step, script) =>
            {
                string path = step.Slot is FdSlot.Namespace join ? join.Path : "";
                script.Starters.Add($"nsenter --{Script.NamesOf(step.Kinds).First()}={Sh.Quote(path)}");
            }),
        Explainer.Inside<Unshare>(
            static step => step.Kinds == Namespaces.Cgroup
                ? new Explanation(
                    "from here on /proc/self/cgroup and mounts of cgroups begin at the container's own cgroup. Only now that it is joined: the kernel takes it as the root at this moment",
                    "it would see the names of the cgroups above it, and with them how the host calls and sorts its containers",
                    "unshare(2)", "cgroup_namespaces(7)")
                : new Explanation(
                    "they are to belong to the user namespace that was joined before: made by clone they would belong to the launcher's",
                    "the container would have no rights in its own namespaces", "unshare(2)", "unshare(1), namespaces(7)"),
            static (step, script) =>
            {
                string options = string.Join(' ', Script.NamesOf(step.Kinds).Select(static name => $"--{name}"));
                script.GoOn($"unshare {options}{(step.Kinds.HasFlag(Namespaces.Mount) ? " --propagation unchanged" : "")}{(step.Kinds.HasFlag(Namespaces.Pid) ? " --fork" : "")}");
            }),
        Explainer.Start<Become>(
            static _ => new Explanation(
                "whoever makes or joins a user namespace is nobody in it until it takes an id that is mapped; 0 has the rights to make the mounts",
                "without an id of the namespace exec empties the capabilities", "setresuid(2), setresgid(2)", "user_namespaces(7)"),
            static (_, script) => script.Start.Comment("   ", "(nsenter has done so by itself)")),
        Explainer.Inside<Fork>(
            new Explanation(
                "a pid namespace takes in children only: whoever made or joined it stays outside",
                "the program would not be in its pid namespace", "clone3(2) with CLONE_PARENT", "pid_namespaces(7)"),
            static (_, script) => script.Inside.Line(": # unshare --fork has done so")),
        Explainer.Start<NewSession>(
            static _ => new Explanation(
                "a session of its own has no controlling terminal until it is given one",
                "it could put characters into the terminal that it was started from (TIOCSTI), which the shell there would run",
                "setsid(2)", "setsid(1)"),
            static (_, script) => script.Starters.Add(script.Facts.Terminal ? "setsid --ctty" : "setsid")),
        Explainer.Inside<RedirectStdio>(
            new Explanation(
                "the program gets the descriptors 0, 1 and 2 that it is meant to have and no others of the launcher's",
                "it would hold whatever its starter had open", "dup2(2)", "dup(2)"),
            static (step, script) =>
            {
                if (step.Target == 0 && !script.Facts.Interactive)
                {
                    script.Inside.Line("exec < /dev/null # without -i the input is empty");
                }
                else
                {
                    script.Inside.Line($": # descriptor {step.Target} is this shell's own already");
                }
            }),
        Explainer.Inside<SetHostname>(
            new Explanation(
                "programs, prompts and logs name the container, not the host", "it would be called as the host is",
                "sethostname(2)", "hostname(1), uts_namespaces(7)"),
            static (step, script) => script.Inside.Line($"hostname {Sh.Quote(step.Name)}")),
        Explainer.Inside<SetDomainname>(
            new Explanation("as with the host's name", "it would have the host's", "setdomainname(2)", "uts_namespaces(7)"),
            static (step, script) => script.Inside.Line($"domainname {Sh.Quote(step.Name)}")),
        Explainer.Inside<LoopbackUp>(
            new Explanation(
                "a new network namespace has one interface, lo, and it is down", "127.0.0.1 would not answer, to the container's own programs either",
                "ioctl(2) SIOCSIFFLAGS", "ip-link(8)"),
            static (_, script) => script.Inside.Line("ip link set lo up")),
        Explainer.Inside<Await>(
            static step => step.Slot is FdSlot.NetworkReady
                ? new Explanation(
                    "the network is made from outside, beside the mounts; the program starts once packets flow",
                    "its first connections would fail", "read(2) of a pipe", "slirp4netns(1)")
                : new Explanation("hooks that run outside have to be done first", "the container would start without what they set up", "read(2) of a pipe", "OCI runtime-spec, config.md"),
            static (step, script) =>
            {
                if (step.Slot is FdSlot.NetworkReady)
                {
                    script.Inside.Line("head -c 1 \"$work/network\" > \"$work/ready\"");
                }
                else
                {
                    script.Missing.Add("hooks are not run");
                }
            }),
    ];
}

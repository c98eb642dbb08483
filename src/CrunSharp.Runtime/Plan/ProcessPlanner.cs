using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>From a process with all rights in its namespaces to the container's program with those it was given.</summary>
internal static class ProcessPlanner
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly string[] s_rlimits =
    [
        "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC", "RLIMIT_NOFILE",
        "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
    ];

    public static void AddProcess(
        PlanBuilder plan, Process process, IReadOnlyList<Hook> startHooks, LinuxSpec linux, bool groupsCanBeSet)
    {
        Check(process);
        AddSurroundings(plan, process, linux);
        AddIdentity(plan, process, groupsCanBeSet);

        // As the user who will run there, and after the last change of rights, which would clear it.
        if (plan.Options.ParentDeathSignal != 0)
        {
            plan.Add(new SetParentDeathSignal(plan.Options.ParentDeathSignal, plan.Need(new FdSlot.Parent())));
        }

        plan.Add(new EnterDirectory(process.Cwd) { Origin = "process.cwd of config.json" });
        plan.Add(new FindProgram(process.Args[0], ValueOf(process.Env, "PATH") ?? DefaultPath) { Origin = "process.args of config.json" });
        if (plan.Options.AwaitStart)
        {
            plan.Add(new AwaitStart(plan.Need(new FdSlot.StartSocket())));
        }

        AddHooks(plan, startHooks, "startContainer");
        if (process.NoNewPrivileges)
        {
            // Needs no privilege any more, so the filter may come last and need admit nothing but what follows.
            AddSeccomp(plan);
        }

        if (plan.Options.Init)
        {
            // Under the filter as well: the program can trace a first process of the same user, and would borrow its freedom.
            plan.Add(new StayAsInit());
        }

        plan.Add(new Execute(process.Args, EnvironmentOf(process, plan.Options.Home), plan.Options.PreservedDescriptors) { Origin = "process.args of config.json" });
    }

    public static void AddHooks(PlanBuilder plan, IReadOnlyList<Hook> hooks, string name)
    {
        for (int i = 0; i < hooks.Count; i++)
        {
            Hook hook = hooks[i];
            string origin = $"hooks.{name}[{i}] of config.json";
            if (!Path.IsPathRooted(hook.Path) || hook.Timeout is <= 0)
            {
                throw new CrunException($"cannot run {origin}", "its path is not absolute, or its timeout is not positive");
            }

            plan.Add(new RunHook(
                hook.Path, hook.Args.Count > 0 ? hook.Args : [hook.Path], hook.Env, plan.Need(new FdSlot.HookState()), hook.Timeout ?? 0)
            {
                Origin = origin,
            });
        }
    }

    private static void Check(Process process)
    {
        if (process.Args.Count == 0)
        {
            throw new CrunException("cannot plan the process", "args must not be empty");
        }

        if (!Path.IsPathRooted(process.Cwd))
        {
            throw new CrunException("cannot plan the process", "Cwd must be an absolute path");
        }
    }

    // What needs rights that the program will not have.
    private static void AddSurroundings(PlanBuilder plan, Process process, LinuxSpec linux)
    {
        foreach (Rlimit limit in process.Rlimits)
        {
            int resource = Array.IndexOf(s_rlimits, limit.Type);
            if (resource < 0)
            {
                throw new CrunException("cannot plan the process", $"'{limit.Type}' in process.rlimits is no resource limit");
            }

            plan.Add(new SetRlimit((uint)resource, limit.Soft, limit.Hard) { Origin = $"{limit.Type} in process.rlimits of config.json" });
        }

        if (process.OomScoreAdj is { } score)
        {
            // An ordinary user's session may have been given a higher one, below which only root gets.
            plan.Add(new SetOomScore(score, Optional: plan.Facts.Uid != 0 || !plan.Facts.InitialUserNamespace) { Origin = "process.oomScoreAdj of config.json" });
        }

        Scheduling.AddSteps(plan, process, linux.MemoryPolicy);
        if (plan.Options.NewKeyring)
        {
            plan.Add(new JoinSessionKeyring($"_ses.{plan.Options.Id}"));
        }

        if (linux.Personality is { } personality)
        {
            plan.Add(new SetPersonality(Scheduling.PersonaOf(personality)) { Origin = "linux.personality of config.json" });
        }

        if (process.ApparmorProfile is { Length: > 0 } profile and not "unconfined")
        {
            plan.Add(new SetLabel("apparmor/exec", $"exec {profile}") { Origin = "process.apparmorProfile of config.json" });
        }

        if (process.SelinuxLabel is { Length: > 0 } label)
        {
            plan.Add(new SetLabel("exec", label) { Origin = "process.selinuxLabel of config.json" });
        }

        // A pipe that root made can be used by the user, but not opened again through /dev/stdout.
        if (!process.Terminal && (process.User.Uid != 0 || plan.InUserNamespace))
        {
            plan.Add(new SetStdioOwner(process.User.Uid));
        }

        plan.Add(new SetUmask(process.User.Umask ?? 0b000_010_010) { Origin = "process.user.umask of config.json" });
    }

    private static void AddIdentity(PlanBuilder plan, Process process, bool groupsCanBeSet)
    {
        if (process.NoNewPrivileges)
        {
            plan.Add(new SetNoNewPrivileges { Origin = "process.noNewPrivileges of config.json" });
        }
        else
        {
            // Without no_new_privs a filter takes CAP_SYS_ADMIN, which is about to go: so it has to admit all that follows.
            AddSeccomp(plan);
        }

        CapabilitySets sets = process.Capabilities ?? new CapabilitySets();
        ulong permitted = SetOf(plan, sets.Permitted, "permitted");
        plan.Add(new DropBounding(SetOf(plan, sets.Bounding, "bounding")) { Origin = "process.capabilities.bounding of config.json" });
        plan.Add(new SetUser(process.User.Uid, process.User.Gid, Groups(process.User, groupsCanBeSet)) { Origin = "process.user of config.json" });
        plan.Add(new SetCapabilities(
            SetOf(plan, sets.Effective, "effective"), permitted, SetOf(plan, sets.Inheritable, "inheritable"), SetOf(plan, sets.Ambient, "ambient"))
        {
            Origin = "process.capabilities of config.json",
        });
    }

    private static IReadOnlyList<uint>? Groups(User user, bool canBeSet) => canBeSet
        ? user.AdditionalGids
        : user.AdditionalGids.Count == 0
            ? null
            : throw new CrunException("cannot set the process's groups", "this user namespace maps one group only, so it may have no additionalGids");

    private static ulong SetOf(PlanBuilder plan, IReadOnlyList<string> names, string set)
    {
        ulong bits = 0;
        foreach (string name in names)
        {
            if (!Capability.TryParse(name, out int number) || number > plan.Facts.LastCapability)
            {
                plan.Warn($"process.capabilities.{set}: this kernel has no '{name}'");
            }
            else if ((plan.Facts.Bounding & (1UL << number)) == 0)
            {
                plan.Warn($"process.capabilities.{set}: '{name}' cannot be given: this process may not have it itself");
            }
            else
            {
                bits |= 1UL << number;
            }
        }

        return bits;
    }

    private static void AddSeccomp(PlanBuilder plan)
    {
        if (plan.Options.Seccomp is { } program)
        {
            plan.Add(new InstallSeccomp(program.Filter, program.Flags, program.Listener ? plan.Need(new FdSlot.SeccompListener()) : null)
            {
                Origin = "linux.seccomp of config.json",
            });
        }
    }

    /// <summary>The value that counts: that of the last entry.</summary>
    private static string? ValueOf(IReadOnlyList<string> env, string name)
    {
        for (int i = env.Count - 1; i >= 0; i--)
        {
            if (NameOf(env[i]).SequenceEqual(name) && env[i].Length > name.Length)
            {
                return env[i][(name.Length + 1)..];
            }
        }

        return null;
    }

    // getenv answers the first, and everybody who adds a variable appends it: so only the last one is kept.
    private static List<string> EnvironmentOf(Process process, string? home)
    {
        IReadOnlyList<string> env = process.Env;
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> seen = new HashSet<string>(env.Count).GetAlternateLookup<ReadOnlySpan<char>>();
        List<string> kept = new(env.Count);
        for (int i = env.Count - 1; i >= 0; i--)
        {
            if (seen.Add(NameOf(env[i])))
            {
                kept.Add(env[i]);
            }
        }

        kept.Reverse();
        if (home is not null && !seen.Contains("HOME"))
        {
            kept.Add($"HOME={home}");
        }

        return kept;
    }

    private static ReadOnlySpan<char> NameOf(string entry)
    {
        int equals = entry.IndexOf('=');
        return equals < 0 ? entry : entry.AsSpan(0, equals);
    }
}

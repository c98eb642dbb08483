using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Turns config.json and facts of the host into a launch plan. Makes no call.</summary>
public static partial class Planner
{
    private const string What = "cannot plan the container";

    /// <exception cref="CrunException">Something asked for cannot be had; the message names where it was asked for.</exception>
    public static LaunchPlan Plan(Spec spec, RootSource root, HostFacts facts, PlanOptions options)
    {
        PlanBuilder plan = new(facts, options);
        Process process = spec.Process ?? throw new CrunException(What, "config.json has no process");
        RefuseUnsupported(spec);

        NamespacePlan namespaces = NamespacePlan.Read(spec, facts);
        plan.InUserNamespace |= namespaces.NewUser || namespaces.JoinsUser;

        // First of all: the kernel takes its own view of the cgroups at the moment a cgroup namespace is made.
        for (int number = 0; number < options.CgroupJoins; number++)
        {
            plan.Add(new WriteDescriptor(plan.Need(new FdSlot.Cgroup(number)), "0") { Origin = "linux.cgroupsPath of config.json" });
        }

        namespaces.AddSteps(plan);
        AddSurroundings(plan, spec, namespaces);

        // Before any mount: while propagation is on, each one would also appear on the host.
        AddPropagation(plan, spec);
        AddRoot(plan, root);
        MountPlanner mounts = new(plan, spec, namespaces);
        mounts.AddMounts();
        DevicePlanner.AddDevices(plan, spec, mounts.DevicesAreGiven);

        // With the paths of the root as it will be, and before it may become read-only. As root: the user may not be able to.
        if (process.Cwd != "/")
        {
            plan.Add(new MakeDirectory(process.Cwd, 0b111_101_101) { Origin = "process.cwd of config.json" });
        }

        if (process.Terminal)
        {
            // The image's /dev/console may be anything: the stage binds the terminal from its descriptor.
            AddConsole(plan, process, mounts.DevicesAreGiven ? null : "/dev/console");
        }

        // The namespaces are complete and the host's paths can still be seen: the two things that hooks rely on.
        AddRootHooks(plan, spec.Hooks);
        plan.Add(new EnterRoot(options.NoPivot ? EnterMode.Move : EnterMode.Pivot));

        // From here a symlink planted in the image can only lead back into the image.
        AddRootFinish(plan, spec, namespaces, mounts);
        if (options.AwaitNetwork)
        {
            plan.Add(new Await(plan.Need(new FdSlot.NetworkReady()), Announce: false));
        }

        ProcessPlanner.AddProcess(plan, process, spec.Hooks.StartContainer, spec.Linux, namespaces.GroupsCanBeSet);
        return plan.Finish(namespaces.Clone, namespaces.Uids, namespaces.Gids);
    }

    /// <summary>The start of a plan that needs a root and its mounts, and nothing that runs in it: for cp, diff and commit.</summary>
    /// <exception cref="CrunException">The root cannot be had.</exception>
    public static LaunchPlan PlanRoot(RootSource root, HostFacts facts)
    {
        PlanBuilder plan = new(facts, PlanOptions.Default);
        plan.Add(new SetPropagation(Propagation.Private | Propagation.Recursive));
        AddRoot(plan, root);
        plan.Add(new SendRoot());
        plan.Add(new End());
        return plan.Finish(Namespaces.Mount, [], []);
    }

    private static void RefuseUnsupported(Spec spec)
    {
        if (!spec.Linux.IntelRdt.IsEmpty)
        {
            throw Unsupported("linux.intelRdt");
        }

        if (!spec.Linux.NetDevices.IsEmpty)
        {
            throw Unsupported("linux.netDevices");
        }
    }

    private static CrunException Unsupported(string field) => new(What, $"'{field}' of config.json is not supported");

    private static void AddSurroundings(PlanBuilder plan, Spec spec, NamespacePlan namespaces)
    {
        // A terminal can become the controlling one only of a session's first process.
        plan.Add(new NewSession());
        if (plan.Options.RedirectStdio)
        {
            for (int target = 0; target < 3; target++)
            {
                plan.Add(new RedirectStdio(plan.Need(new FdSlot.Stdio(target)), target));
            }
        }

        if (spec.Hostname is { Length: > 0 } hostname)
        {
            plan.Add(new SetHostname(InUts(hostname)) { Origin = "hostname of config.json" });
        }

        if (spec.Domainname is { Length: > 0 } domainname)
        {
            plan.Add(new SetDomainname(InUts(domainname)) { Origin = "domainname of config.json" });
        }

        if (namespaces.IsNew(NamespaceType.Network))
        {
            plan.Add(new LoopbackUp());
        }

        string InUts(string name) => namespaces.Has(NamespaceType.Uts)
            ? name
            : throw new CrunException(What, "unable to set hostname without a private UTS namespace");
    }

    private static void AddPropagation(PlanBuilder plan, Spec spec)
    {
        Propagation propagation = Propagation.Slave | Propagation.Recursive;
        if (spec.Linux.RootfsPropagation is { Length: > 0 } wanted)
        {
            propagation = MountOptions.PropagationOf(wanted);
            if (propagation == Propagation.None)
            {
                throw new CrunException(What, $"'linux.rootfsPropagation' of config.json is '{wanted}', which is no propagation");
            }

            // For the host's tree a shared copy would carry the container's mounts out; its own root is told at the end.
            propagation = (propagation & Propagation.Shared) != 0 ? Propagation.Slave | Propagation.Recursive : propagation | Propagation.Recursive;
            propagation &= ~Propagation.Unbindable;
            if (propagation == Propagation.Recursive)
            {
                propagation |= Propagation.Private;
            }
        }

        plan.Add(new SetPropagation(propagation) { Origin = spec.Linux.RootfsPropagation is null ? "" : "linux.rootfsPropagation of config.json" });
    }

    private static void AddRoot(PlanBuilder plan, RootSource root) => plan.Add(root switch
    {
        RootSource.Directory directory => new BindRoot(directory.Path, directory.Device, directory.Inode) { Origin = "root.path of config.json" },
        RootSource.Overlay overlay => new OverlayRoot(overlay.Lowers, overlay.Scratch, overlay.MountPoint, overlay.UserXattr, overlay.Volatile),
        RootSource.Fuse fuse => new FuseRoot(fuse.MountPoint, plan.InUserNamespace ? null : plan.Need(new FdSlot.FuseDevice())),
        _ => throw new CrunException(What, "the root source is of no known kind"),
    });

    private static void AddConsole(PlanBuilder plan, Process process, string? path)
    {
        ConsoleSize size = process.ConsoleSize ?? default;
        plan.Add(new MakeConsole(plan.Need(new FdSlot.ConsoleSocket()), size.Width, size.Height, path, process.User.Uid)
        {
            Origin = "process.terminal of config.json",
        });
    }

    private static void AddRootHooks(PlanBuilder plan, Hooks hooks)
    {
        if (hooks.Prestart.Count + hooks.CreateRuntime.Count > 0)
        {
            plan.Add(new Await(plan.Need(new FdSlot.RuntimeHooksDone()), Announce: true) { Origin = "hooks of config.json" });
        }

        ProcessPlanner.AddHooks(plan, hooks.CreateContainer, "createContainer");
    }

    private static void AddRootFinish(PlanBuilder plan, Spec spec, NamespacePlan namespaces, MountPlanner mounts)
    {
        if (spec.Linux.RootfsPropagation is { Length: > 0 } wanted)
        {
            plan.Add(new SetRootPropagation(MountOptions.PropagationOf(wanted)) { Origin = "linux.rootfsPropagation of config.json" });
        }

        // Before paths become read-only: /proc/sys usually is among them.
        AddSysctls(plan, spec, namespaces);
        mounts.AddDeferred();
        if (spec.Root is { Readonly: true })
        {
            plan.Add(new MakeRootReadOnly { Origin = "root.readonly of config.json" });
        }

        for (int i = 0; i < spec.Linux.ReadonlyPaths.Count; i++)
        {
            plan.Add(new MakePathReadOnly(spec.Linux.ReadonlyPaths[i]) { Origin = $"linux.readonlyPaths[{i}] of config.json" });
        }

        // After the read-only ones: a read-only copy of a tree must not uncover what is masked in it.
        for (int i = 0; i < spec.Linux.MaskedPaths.Count; i++)
        {
            plan.Add(new MaskPath(spec.Linux.MaskedPaths[i]) { Origin = $"linux.maskedPaths[{i}] of config.json" });
        }
    }

    private static void AddSysctls(PlanBuilder plan, Spec spec, NamespacePlan namespaces)
    {
        foreach ((string name, string value) in spec.Linux.Sysctl)
        {
            string path = Sysctl.PathOf(name);
            if (Sysctl.OwnerOf(path) is not { } owner || !namespaces.Has(owner))
            {
                throw new CrunException(What, $"sysctl \"{name}\" is not in a separate kernel namespace");
            }

            if (path == "kernel/hostname")
            {
                throw new CrunException(What, $"sysctl \"{name}\" is not allowed as it conflicts with the OCI \"hostname\" field");
            }

            plan.Add(new WriteSysctl(path, value) { Origin = $"linux.sysctl[{name}] of config.json" });
        }
    }
}

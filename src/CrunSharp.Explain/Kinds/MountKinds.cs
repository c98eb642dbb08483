using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>What is mounted in the root, and what hides parts of it.</summary>
internal static class MountKinds
{
    public static Explainer[] All { get; } =
    [
        Explainer.Inside<MountFilesystem>(ExplainFilesystem, WriteFilesystem),
        Explainer.Inside<BindMount>(ExplainBind, WriteBind),
        Explainer.Inside<MaskPath>(
            new Explanation(
                "what stands there tells of the host or steers it: other programs' keys, the kernel's memory, hardware, how often which device interrupts. An empty directory or /dev/null covers it",
                "it could be read, and by the container's root in part written", "open_tree(2), move_mount(2): a bind mount on top", "proc(5)"),
            static (step, script) => script.Inside.Line($"mask {Script.InRoot(step.Path)}")),
        Explainer.Inside<MakePathReadOnly>(
            new Explanation(
                "settings of the whole kernel stand there: reading them does no harm, writing them changes the host",
                "the container's root could reboot the host by one character in /proc/sysrq-trigger, or set its kernel's parameters in /proc/sys",
                "mount_setattr(2) of a bind mount of the path onto itself", "proc(5), sysctl(8)"),
            static (step, script) => script.Inside.Line($"read_only {Script.InRoot(step.Path)}")),
    ];

    private static Explanation ExplainFilesystem(MountFilesystem step) => (step.Type, step.Path) switch
    {
        ("proc", _) => new Explanation(
            "a new procfs shows the processes of the pid namespace that it is mounted in", "ps would show nothing, and much that reads /proc/self would fail",
            "fsopen(2), fsmount(2), move_mount(2)", "proc(5)"),
        ("sysfs", _) => new Explanation(
            "programs look here for devices and network interfaces. Read-only: it is the kernel's, not the container's",
            "written to, it would switch the host's devices", "fsopen(2), fsmount(2), move_mount(2)", "sysfs(5)"),
        ("devpts", _) => new Explanation(
            "an instance of its own numbers its own terminals", "opening /dev/ptmx would give one of the host's, and others' would be there to read and write",
            "fsopen(2), fsmount(2), move_mount(2)", "kernel, filesystems/devpts.rst"),
        ("mqueue", _) => new Explanation(
            "shows the POSIX message queues of the ipc namespace", "they would work but could not be listed", "fsopen(2), fsmount(2), move_mount(2)", "mq_overview(7)"),
        ("cgroup" or "cgroup2", _) => new Explanation(
            "programs read their own limits here", "a program that sizes itself by its limits (a Java machine) would take the host's", "fsopen(2), fsmount(2), move_mount(2)", "cgroups(7)"),
        ("tmpfs", "/dev") => new Explanation(
            "the image's /dev is covered by an empty one, into which only harmless devices are put", "the image would decide which device nodes there are",
            "fsopen(2), fsmount(2), move_mount(2)", "tmpfs(5)"),
        ("tmpfs", "/dev/shm") => new Explanation(
            "POSIX shared memory are files here; the size limits them", "shm_open would fail, and databases with it", "fsopen(2), fsmount(2), move_mount(2)", "shm_overview(7)"),
        ("tmpfs", "/sys/fs/cgroup") => new Explanation(
            "holds a directory for each hierarchy of cgroup version 1", "there would be nothing to mount them on", "fsopen(2), fsmount(2), move_mount(2)", "cgroups(7)"),
        _ => new Explanation(
            "a file system in memory, empty at each start and gone at its end", "what is written there would stay in the container's layer", "fsopen(2), fsmount(2), move_mount(2)", "tmpfs(5)"),
    };

    private static void WriteFilesystem(MountFilesystem step, Script script)
    {
        string target = Script.InRoot(step.Path);
        bool isReadOnly = step.Attributes.HasFlag(MountAttributes.ReadOnly);
        string[] words = [.. Words.Of(step.Attributes & ~MountAttributes.ReadOnly)];
        string options = string.Join(',', [.. words, .. step.Options.Split(',', StringSplitOptions.RemoveEmptyEntries)]);
        bool isFilled = (step.Mode & (MountMode.KeepMode | MountMode.CopyUp)) != 0;
        script.Inside.Line($"mkdir -p {target}");
        if (isFilled)
        {
            script.Inside.Line($"mode=$(stat -c %a {target}) owner=$(stat -c %u:%g {target})");
        }

        if (step.Mode.HasFlag(MountMode.CopyUp))
        {
            script.Inside.Line($"mkdir \"$work/copy\"; cp -a {target}/. \"$work/copy\"");
        }

        script.Inside.Line($"mount -t {Sh.Quote(step.Type)}{(options.Length == 0 ? "" : $" -o {Sh.Quote(options)}")} {Sh.Quote(step.Source ?? step.Type)} {target}");
        if (isFilled)
        {
            script.Inside.Line($"chmod \"$mode\" {target}; chown \"$owner\" {target}");
        }

        if (step.Mode.HasFlag(MountMode.CopyUp))
        {
            script.Inside.Line($"cp -a \"$work/copy\"/. {target}; rm -r \"$work/copy\"");
        }

        // The mount alone, not its file system: by itself -o ro would make both read-only.
        if (isReadOnly)
        {
            script.Inside.Line($"restrict {target} ro");
        }

        WritePropagation(step.Propagation, target, script);
    }

    private static Explanation ExplainBind(BindMount step) => step.Path switch
    {
        "/etc/resolv.conf" or "/etc/hosts" or "/etc/hostname" => new Explanation(
            "names and name servers belong to the container, not to its image", "it would have the image's, and find no other host by name",
            "open_tree(2), mount_setattr(2), move_mount(2)", "resolv.conf(5), hosts(5)"),
        { } path when path.StartsWith("/sys/fs/cgroup", StringComparison.Ordinal) => new Explanation(
            "programs read their own limits here: of each hierarchy only the container's own part is shown",
            "they would see the host's limits; and the whole tree, written to, would move the host's processes about", "open_tree(2), mount_setattr(2), move_mount(2)", "cgroups(7)"),
        "/proc" or "/sys" or "/dev/mqueue" or "/dev/shm" => new Explanation(
            "the namespace that it shows is the host's, and a user namespace may not mount a new one of it: so the host's is shown",
            "there would be none", "open_tree(2), mount_setattr(2), move_mount(2)", "user_namespaces(7)"),
        _ => new Explanation(
            "what the user asked for: a part of the host's tree that is seen here too", "what is written here would be gone with the container", "open_tree(2), mount_setattr(2), move_mount(2)", "mount(8)"),
    };

    private static void WriteBind(BindMount step, Script script)
    {
        string source = script.OnHost(step.Source), target = Script.InRoot(step.Path);
        if (step.IdMap is not null || step.Tree is not null)
        {
            script.Missing.Add($"the ids of {step.Path} are not mapped: mount(8) can do so from util-linux 2.39 on");
        }

        script.Inside.Line($"place {source} {target}");
        script.Inside.Line($"mount --{(step.Mode.HasFlag(MountMode.Recursive) ? "rbind" : "bind")} {source} {target}");
        string options = string.Join(',', [.. Words.Off(step.Clear & ~step.Set & ~MountAttributes.AccessTime), .. Words.Of(step.Set)]);
        if (options.Length > 0)
        {
            script.Inside.Line(step.Mode.HasFlag(MountMode.AttributesRecursive) ? $"restrict_all {target} {options}" : $"restrict {target} {options}");
        }

        WritePropagation(step.Propagation, target, script);
    }

    private static void WritePropagation(Propagation propagation, string target, Script script)
    {
        if (propagation != Propagation.None)
        {
            script.Inside.Line($"mount --make-{Words.Of(propagation)} {target}");
        }
    }
}

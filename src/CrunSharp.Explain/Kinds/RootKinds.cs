using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>The tree that becomes the container's root.</summary>
internal static class RootKinds
{
    public static Explainer[] All { get; } =
    [
        Explainer.Inside<SetPropagation>(
            new Explanation(
                "on most hosts mounts are shared: what one mount namespace mounts appears in all. Slave: the host's go on arriving, ours never leave",
                "the container's proc, tmpfs and all that is mounted below would appear on the host", "mount(2) with MS_REC | MS_SLAVE", "mount_namespaces(7)"),
            static (step, script) => script.Inside.Line($"mount --make-{Words.Of(step.Propagation)} /")),
        Explainer.Inside<BindRoot>(
            new Explanation(
                "pivot_root wants a mount, and a directory is none until it is bound onto itself",
                "the root could not be exchanged", "open_tree(2), move_mount(2)", "mount(8), pivot_root(2)"),
            static (step, script) =>
            {
                script.Inside.Line($"mount --rbind {script.OnHost(step.Path)} \"$root\"");
            }),
        Explainer.Inside<OverlayRoot>(
            new Explanation(
                "the image's layers, read-only and shared by all containers of the image, lie below; what the container changes goes to a directory of its own (upper), the first time by copying",
                "each container would need a copy of the image, or would change it for all others", "fsopen(2), fsconfig(2) lowerdir+, fsmount(2), move_mount(2)",
                "kernel, filesystems/overlayfs.rst"),
            WriteOverlay),
        Explainer.Inside<SendRoot>(
            new Explanation("for cp and diff: the prepared root is handed back, nothing runs in it", "a stopped container's files could not be reached", "sendmsg(2) with SCM_RIGHTS", "unix(7)"),
            static (_, script) => script.Inside.Line("exec ls -l \"$root\"")),
        Explainer.Chained<EnterRoot>(
            "enter.c",
            new Explanation(
                "the prepared tree becomes the root of this mount namespace, and the host's is unmounted: there is no way back to it. "
                + "pivot_root(8) makes the first of these calls, but then nothing of the host could be executed any more, mount and setpriv among it. So by hand it comes last, and the program that does it goes on to the container's",
                "with chroot alone the host's tree stays mounted: a process with CAP_SYS_CHROOT walks out of it, and so does whoever finds an open directory of the host",
                "pivot_root(2), umount2(2) with MNT_DETACH", "pivot_root(2), chroot(2)"),
            static (_, _) => { }),
        Explainer.Inside<SetRootPropagation>(
            new Explanation(
                "a mount of the user's asked for mounts that travel between host and container", "they would not", "mount(2)", "mount_namespaces(7)"),
            static (step, script) => script.Inside.Line($"mount --make-{Words.Of(step.Propagation)} \"$root\"")),
        Explainer.Inside<MakeRootReadOnly>(
            new Explanation(
                "nothing of the image can be changed; what has to be written goes to volumes and tmpfs",
                "a program that was taken over could replace others and stay", "mount_setattr(2) MOUNT_ATTR_RDONLY", "mount(8)"),
            static (_, script) => script.Inside.Line("restrict \"$root\" ro")),
    ];

    private static void WriteOverlay(OverlayRoot step, Script script)
    {
        // mount(8) takes 4 KiB of options: names relative to what all layers have above them are shorter.
        string common = CommonDirectory(step.Lowers);
        IEnumerable<string> lowers = step.Lowers.Select(lower => Escape(common.Length == 0 ? lower : lower[(common.Length + 1)..]));
        string scratch = step.Scratch is null ? "" : $",upperdir={script.OnHost($"{step.Scratch}/upper")},workdir={script.OnHost($"{step.Scratch}/work")}";
        string options = $"{(step.UserXattr ? ",userxattr" : "")}{(step.Volatile && step.Scratch is not null ? ",volatile" : "")}";
        script.Inside.Line($"cd {Sh.Quote(common.Length == 0 ? "/" : common)}");
        script.Inside.Line($"mount -t overlay -o lowerdir={Sh.Quote(string.Join(':', lowers))}{scratch}{options} overlay \"$root\"");
        script.Inside.Line("cd /");
    }

    private static string CommonDirectory(IReadOnlyList<string> paths)
    {
        string common = Path.GetDirectoryName(paths[0]) ?? "";
        while (common.Length > 1 && !paths.All(path => path.StartsWith($"{common}/", StringComparison.Ordinal)))
        {
            common = Path.GetDirectoryName(common) ?? "";
        }

        return common.Length > 1 ? common : "";
    }

    private static string Escape(string path) => path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal);
}

using System.Diagnostics;

namespace CrunSharp.Lessons;

/// <summary>Something that a lesson uses and a host may lack.</summary>
/// <param name="Name">As a lesson names it.</param>
/// <param name="Test">A shell command that succeeds where it is there.</param>
/// <param name="Mend">What helps, as a command to paste.</param>
public sealed record HostNeed(string Name, string What, string Test, string Mend)
{
    private static readonly HostNeed[] s_all =
    [
        new("userns", "user namespaces for this user", "unshare --user --map-root-user --mount true",
            "sudo sysctl -w user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 (those that exist)"),
        new("busybox", "a busybox that needs no libraries", "file=$(command -v busybox) && ! head -c 1000 \"$file\" | grep -q ld-linux", "sudo apt-get install busybox-static"),
        Program("ip", "iproute2"),
        Program("capsh", "libcap2-bin"),
        Program("ipcmk", "util-linux"),
        Program("perl", "perl-base"),
        Program("linux.uml", "user-mode-linux"),
        new("overlay", "overlay mounts in a user namespace",
            "unshare --user --map-root-user --mount sh -c 'mount -t tmpfs none /tmp && cd /tmp && mkdir l u w m && mount -t overlay -o userxattr,lowerdir=l,upperdir=u,workdir=w none m'",
            "sudo modprobe overlay (kernel 5.11 or newer)"),
    ];

    /// <summary>The needs of a lesson that this host does not meet.</summary>
    public static IReadOnlyList<HostNeed> Missing(Lesson lesson) =>
        [.. lesson.Needs.Select(Get).Where(static need => !Succeeds(need.Test))];

    public static HostNeed Get(string name) => Array.Find(s_all, need => need.Name == name) ?? throw new ArgumentException($"no need is called '{name}'", nameof(name));

    internal static bool Succeeds(string command)
    {
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"PATH=$PATH:/usr/sbin:/sbin; {{ {command}\n}} </dev/null >/dev/null 2>&1"]))!;
        shell.WaitForExit();
        return shell.ExitCode == 0;
    }

    private static HostNeed Program(string name, string package) => new(name, $"the program {name}", $"command -v {name}", $"sudo apt-get install {package}");
}

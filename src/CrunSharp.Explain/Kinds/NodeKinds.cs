using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>What is made in the root: directories, devices, links, files, the terminal; and settings of the kernel.</summary>
internal static class NodeKinds
{
    private const uint TypeMask = 0xf000, Block = 0x6000, Fifo = 0x1000;

    public static Explainer[] All { get; } =
    [
        Explainer.Inside<MakeDirectory>(
            new Explanation("the program starts there, and images often do not have it", "the start would fail", "mkdirat(2)", "mkdir(1)"),
            static (step, script) => script.Inside.Line($"mkdir -p {Script.InRoot(step.Path)}")),
        Explainer.Inside<MakeDevice>(
            static step => step.BindHost
                ? new Explanation(
                    "programs count on it. Bound from the host: in a user namespace nobody may make a device node, or he would make one for the host's disk",
                    "programs that write to /dev/null or read /dev/urandom would fail", "open_tree(2), move_mount(2)", "mknod(2), user_namespaces(7)")
                : new Explanation(
                    "programs count on it, and these are all there are: no disk, no memory, no keyboard",
                    "programs that write to /dev/null or read /dev/urandom would fail", "mknodat(2)", "mknod(1)"),
            WriteDevice),
        Explainer.Inside<MakeSymlink>(
            new Explanation("names that programs expect to lead to what is elsewhere", "shells that use /dev/fd or /dev/stdout would fail", "symlinkat(2)", "ln(1)"),
            static (step, script) =>
            {
                string path = Script.InRoot(step.Path);
                script.Inside.Line(step.Replace ? $"ln -sfn {Sh.Quote(step.Target)} {path}" : $"[ -e {path} ] || [ -L {path} ] || ln -s {Sh.Quote(step.Target)} {path}");
            }),
        Explainer.Inside<WriteFile>(
            new Explanation("the container is to find this file", "it would find the image's or none", "openat(2), write(2)", "open(2)"),
            static (step, script) =>
            {
                string path = Script.InRoot(step.Path);
                script.Inside.Line($"rm -f {path}");
                script.Inside.Bytes(path, step.Data);
                script.Inside.Line($"chmod {Sh.Octal(step.Mode)} {path}");
            }),
        Explainer.Inside<MakeConsole>(
            new Explanation(
                "the program gets a terminal of the container's own devpts, and crun-sharp's monitor holds its other side. By hand script(1) makes one of the host's: it works the same, but is not seen in /dev/pts",
                "on the terminal of the caller the program could read what is typed elsewhere and put characters into it", "open(2) of ptmx, TIOCGPTPEER, TIOCSCTTY", "pty(7), script(1)"),
            static (step, script) =>
            {
                if (step.Path is { } path)
                {
                    string target = Script.InRoot(path);
                    script.Inside.Line($": > {target}; mount --bind \"$(tty)\" {target}");
                }
            }),
        Explainer.Inside<WriteSysctl>(
            new Explanation(
                "this setting belongs to the container's own namespace, and docker's containers have it so",
                "for example: only root could use ports below 1024, and ping would need a capability", "write(2) beneath /proc/sys", "sysctl(8), proc(5)"),
            static (step, script) => script.Inside.Line($"echo {Sh.Quote(step.Value)} > {Sh.Quote($"/proc/sys/{step.Path}")}")),
    ];

    private static void WriteDevice(MakeDevice step, Script script)
    {
        string path = Script.InRoot(step.Path);
        if (step.BindHost)
        {
            script.Inside.Line($"place {Sh.Quote(step.Path)} {path}; mount --bind {Sh.Quote(step.Path)} {path}");
            return;
        }

        string numbers = (step.Mode & TypeMask) switch
        {
            Block => $"b {step.Major} {step.Minor}",
            Fifo => "p",
            _ => $"c {step.Major} {step.Minor}",
        };
        string parent = Path.GetDirectoryName(step.Path) is { } directory and not "/dev" ? $"mkdir -p {Script.InRoot(directory)}; " : "";
        string owner = step.Uid == 0 && step.Gid == 0 ? "" : $"; chown {step.Uid}:{step.Gid} {path}";
        script.Inside.Line($"{parent}[ -e {path} ] || mknod -m {Sh.Octal(step.Mode)} {path} {numbers}{owner}");
    }
}

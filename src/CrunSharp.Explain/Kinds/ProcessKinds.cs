using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>How the process runs, and the program that it becomes.</summary>
internal static class ProcessKinds
{
    // In the order of the kernel's numbers, as prlimit(1) calls them.
    private static readonly string[] s_limits =
        ["cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as", "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"];

    public static Explainer[] All { get; } =
    [
        Explainer.Chained<SetRlimit>(
            "prlimit",
            new Explanation("a bound for one process, however much its cgroup may use", "it would have the caller's", "prlimit64(2)", "prlimit(1), getrlimit(2)"),
            static (step, script) => script.Chain.Limits.Add($"--{s_limits[step.Resource]}={Limit(step.Soft)}:{Limit(step.Hard)}")),
        Explainer.Inside<SetOomScore>(
            new Explanation(
                "who is ended first when the host runs out of memory", "it would be as dear to the host as the caller", "write(2) to /proc/self/oom_score_adj", "choom(1), proc(5)"),
            static (step, script) => script.Inside.Line($"echo {step.Value} > /proc/self/oom_score_adj{(step.Optional ? " || true" : "")}")),
        Explainer.Chained<JoinSessionKeyring>(
            "keyring.c",
            new Explanation(
                "the kernel keeps keys of a login session (of file systems, of Kerberos), and children inherit them. A new keyring is empty",
                "the container's program could use the keys of whoever started it", "keyctl(2) KEYCTL_JOIN_SESSION_KEYRING", "session-keyring(7)"),
            static (step, script) =>
            {
                script.Chain.Keyring = step.Name;
                script.Programs["keyring"] = CPrograms.Keyring;
            }),
        Explainer.Last<SetUmask>(
            new Explanation("which rights new files lack", "the caller's would hold, and files come out differently for each", "umask(2)", "umask(2)"),
            static (step, script) => script.Last.Line($"umask {Sh.Octal(step.Mode).PadLeft(4, '0')}")),
        Explainer.Inside<SetStdioOwner>(
            new Explanation(
                "a pipe can be written to by whoever holds it, but opened again, as /dev/stdout is, by its owner only", "programs that log to /dev/stdout would be refused", "fchown(2)", "pipe(7)"),
            static (step, script) => script.Inside.Line(
                $"for fd in 0 1 2; do if [ -p /proc/self/fd/$fd ]; then chown {step.Uid} /proc/self/fd/$fd || true; fi; done")),
        Explainer.Chained<EnterDirectory>(
            "enter.c",
            new Explanation(
                "where the program starts. It is checked that this lies in the container's root", "a working directory of the host's would be a door out (CVE-2024-21626)", "chdir(2), getcwd(2)", "chdir(2)"),
            static (step, script) => script.Chain.Directory = step.Path),
        Explainer.Chained<FindProgram>(
            "enter.c (execvp looks for it)",
            new Explanation(
                "looked for with the user's rights in the container's PATH, before the container counts as made", "its absence would be told later", "faccessat(2)", "execvp(3)"),
            static (_, _) => { }),
        Explainer.Last<AwaitStart>(
            new Explanation("the container is created; whoever calls start lets it go on", "create and start could not be two commands", "accept4(2)", "OCI runtime-spec, runtime.md"),
            static (_, script) => script.Last.Line(": # nobody is waited for by hand")),
        Explainer.Chained<StayAsInit>(
            "init.c",
            new Explanation(
                "process 1 takes in orphans and has to wait for them, and ignores signals that it does not handle: most programs are not written for that",
                "ended children would pile up, and SIGTERM would do nothing", "fork(2), wait4(2), kill(2)", "pid_namespaces(7)"),
            static (_, script) =>
            {
                script.Chain.Init = true;
                script.Programs["init"] = CPrograms.Init;
            }),
        Explainer.Chained<Execute>(
            "enter.c",
            new Explanation(
                "all that was set above stays with the process, only its program is exchanged. Descriptors of the host close themselves here",
                "there would be a container and nothing in it", "execve(2)", "execve(2)"),
            static (step, script) =>
            {
                script.Chain.Environment = step.Env;
                script.Chain.Program = step.Args;
            }),
        Explainer.Inside<End>(
            new Explanation("nothing is executed", "", "", ""),
            static (_, script) => script.Inside.Line("exit 0")),
    ];

    private static string Limit(ulong value) => value == ulong.MaxValue ? "unlimited" : Sh.Text(value);
}

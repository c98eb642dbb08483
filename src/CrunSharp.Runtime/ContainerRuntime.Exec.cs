using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

public sealed partial class ContainerRuntime
{
    /// <summary>Starts one more process in a running container, as a child of the caller.</summary>
    /// <exception cref="CrunException">The container does not run, or the process could not be made.</exception>
    public Launched Exec(ContainerId id, Process process, ExecRequest request)
    {
        ContainerState state = GetState(id);
        string doing = $"cannot exec in container '{id}'";
        if (state.Status == ContainerStatus.Stopped)
        {
            throw new CrunException(doing, "cannot exec in a stopped container");
        }

        if (state.Status == ContainerStatus.Paused && !request.IgnorePaused)
        {
            throw new CrunException(doing, "cannot exec in a paused container (use --ignore-paused to override)");
        }

        if (process.Terminal && request.ConsoleSocket is null && !request.OwnTerminal)
        {
            throw new CrunException(doing, "cannot allocate tty if runc will detach without setting console socket");
        }

        try
        {
            // Held first, looked at then: so it is the recorded process and stays so.
            using SafeFileHandle first = CrunSharp.Linux.Processes.TryOpen(state.Pid)
                ?? throw new CrunException(doing, "cannot exec in a stopped container");
            return ContainerLife.IsAlive(Store.Read(id))
                ? Exec(id, process, request, first, state, doing)
                : throw new CrunException(doing, "cannot exec in a stopped container");
        }
        catch (LinuxException failure)
        {
            throw new CrunException(doing, failure.Message, failure);
        }
    }

    private Launched Exec(ContainerId id, Process process, ExecRequest request, SafeFileHandle first, ContainerState state, string doing)
    {
        Spec spec = Store.ReadSpec(id);
        CgroupHost host = CgroupHost.Read();
        HostFacts facts = HostFactsReader.Read(host);
        CgroupDriver driver = CgroupDriver.For(host, state.Scope is null ? Options.CgroupManager : CgroupManager.Systemd, Rootless(facts));
        using ContainerCgroup cgroup = driver.Open(state.CgroupDirectories, Below(request.Cgroup));
        LaunchPlan plan = ExecPlanner.Plan(spec, process, facts, new PlanOptions
        {
            Bundle = state.Bundle,
            Id = id.Value,
            CgroupJoins = cgroup.Joins.Count,
            CgroupDirectories = cgroup.Directories,
            RedirectStdio = request.Stdio is not null,
            PreservedDescriptors = request.PreservedDescriptors,
            Home = HomeReader.Read(process, $"/proc/{state.Pid}/root"),
            Seccomp = spec.Linux.Seccomp.IsEmpty ? null : Seccomp.Get(spec.Linux.Seccomp.Span),
        });

        (SafeFileHandle Ours, SafeFileHandle Theirs)? console = request.OwnTerminal ? UnixSocket.StreamPair() : null;
        using SafeFileHandle? master = console?.Ours;
        using SafeFileHandle? target = console?.Theirs
            ?? (request.ConsoleSocket is null ? null : UnixSocket.ConnectStream(request.ConsoleSocket));
        using SlotBinder binder = new(cgroup) { Stdio = request.Stdio, Console = target, Container = first };
        (SafeFileHandle Read, SafeFileHandle Write)? hold = cgroup.Scope is null ? null : Descriptors.Pipe();
        using SafeFileHandle? read = hold?.Read;
        using SafeFileHandle? write = hold?.Write;
        using StagedProcess staged = StagedProcess.Start(plan, binder, cgroup.BornIn, hold, request.PreservedDescriptors);
        target?.Dispose();
        try
        {
            cgroup.Scope?.Adopt(staged.Pid);
            if (hold is not null)
            {
                Descriptors.Write(hold.Value.Write, "1"u8);
            }

            Follow(staged, spec, state, doing);
            if (request.PidFile is { } pidFile)
            {
                HostPaths.Replace(pidFile, Encoding.ASCII.GetBytes($"{staged.Pid}"), 0x1a4 /* 0644 */, sync: false);
            }

            return new Launched
            {
                Pid = staged.Pid,
                PidFd = staged.PidFd,
                Terminal = master is null ? null : UnixSocket.ReceiveDescriptor(master),
            };
        }
        catch
        {
            staged.Kill();
            throw;
        }
    }

    private void Follow(StagedProcess staged, Spec spec, ContainerState state, string doing)
    {
        while (staged.Read() is { } report)
        {
            switch (report.Kind)
            {
                case ReportKind.Failed:
                    throw report.ToException(doing, staged.Plan);
                case ReportKind.Forked:
                    staged.GoOnAs(report.Error);
                    break;
                case ReportKind.Listener:
                    using (report.Descriptor)
                    {
                        SeccompListener.Send(spec, state with { Pid = staged.Pid }, report.Descriptor!);
                    }

                    break;
                case ReportKind.Note:
                    Options.Warn?.Invoke(report.Text);
                    break;
                default:
                    report.Descriptor?.Dispose();
                    break;
            }
        }
    }

    private static string? Below(string? cgroup) =>
        cgroup is not null && cgroup.Split('/').Contains("..")
            ? throw new CrunException("cannot use the cgroup of --cgroup", $"'{cgroup}' contains '..'")
            : cgroup;
}

using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>Makes one container, from its cgroup to the point where its program runs or waits for <c>start</c>.</summary>
internal sealed partial class ContainerLaunch(ContainerRuntime runtime, LaunchRequest request, bool awaitStart)
{
    private readonly Spec _spec = request.Spec;
    private readonly ContainerId _id = request.Id;
    private readonly string _doing = $"cannot {(awaitStart ? "create" : "run")} container '{request.Id}'";
    private readonly DateTimeOffset _created = DateTimeOffset.UtcNow;
    private StagedProcess? _process;
    private ContainerCgroup _cgroup = ContainerCgroup.None;

    public Launched Run()
    {
        Process process = _spec.Process ?? throw new CrunException(_doing, "config.json has no process");
        CheckTerminal(process);
        runtime.Store.Create(_id);
        try
        {
            return LaunchInCgroup();
        }
        catch (Exception failure)
        {
            Undo();
            throw failure is LinuxException refused ? new CrunException(_doing, refused.Message, refused) : failure;
        }
        finally
        {
            _cgroup.Dispose();
            _process?.Dispose();
        }
    }

    // What systemd refuses may show only when it is given the process: then all of it is done again.
    private Launched LaunchInCgroup()
    {
        try
        {
            return Launch(runtime.ManagerFor(request));
        }
        catch (NoCgroupException refused)
        {
            Clear();
            _cgroup.Dispose();
            _process?.Dispose();
            (_cgroup, _process) = (ContainerCgroup.None, null);
            request.WithoutCgroup!(refused.Message);
            return Launch(CgroupManager.Disabled);
        }
    }

    private Launched Launch(CgroupManager manager)
    {
        CgroupHost host;
        HostFacts facts;
        using (Phase("read the host's facts"))
        {
            host = CgroupHost.Read();
            facts = HostFactsReader.Read(host);
        }

        using (Phase("make the cgroups"))
        {
            bool rootless = ContainerRuntime.Rootless(facts);
            CgroupDriver driver = CgroupDriver.For(host, manager, rootless, _spec.Annotations);
            _cgroup = OrWithoutCgroup(() => driver.Create(driver.PathFor(_spec.Linux.CgroupsPath, _id), _spec.Linux.Resources));
        }

        RootSource root = request.Root ?? new RootSource.Directory(RootPath());
        PlanOptions options = Options(root);
        LaunchPlan plan;
        using (Phase("plan"))
        {
            plan = Planner.Plan(_spec, root, facts, options);
            Warn(plan.Warnings);
        }

        (SafeFileHandle Ours, SafeFileHandle Theirs)? console = request.OwnTerminal ? UnixSocket.StreamPair() : null;
        using SafeFileHandle? master = console?.Ours;
        SafeFileHandle? terminalTarget = console?.Theirs ?? ConnectConsole();
        using SlotBinder binder = new(_cgroup)
        {
            Stdio = request.Stdio,
            Console = terminalTarget,
            StartSocket = runtime.Store.StartSocketOf(_id),
        };
        using (terminalTarget)
        {
            Start(plan, binder, facts);
            binder.FuseDevice?.Dispose();
        }

        FollowFork();
        using (Phase("write the records"))
        {
            WriteRecords(root);
        }

        using (Phase("note the process, connect its network"))
        {
            Connect(binder);
        }

        using (Phase("wait for the stage"))
        {
            Follow(binder);
        }

        if (binder.Times is { } times)
        {
            request.Trace!.AddSteps(plan, StepTimes.Read(times, plan.Steps.Count), LaunchTrace.Now);
        }

        Launched launched = new()
        {
            Pid = _process!.Pid,
            PidFd = _process.PidFd,
            Terminal = master is null ? null : UnixSocket.ReceiveDescriptor(master),

            // A scope goes by itself, and must not be taken away beneath systemd.
            CgroupDirectories = _cgroup.Scope is null ? _cgroup.Directories : [],
        };
        SendPidFd(launched.PidFd);
        if (!awaitStart)
        {
            HookRunner.RunAll(_spec.Hooks.Poststart, "poststart", State(ContainerStatus.Running), runtime.Options.Warn);
        }

        return launched;
    }

    private T OrWithoutCgroup<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (CrunException failure) when (request.WithoutCgroup is not null && !UnifiedLimits.For(_spec.Linux.Resources).Any())
        {
            throw new NoCgroupException(failure);
        }
    }

    private PlanOptions Options(RootSource root) => new()
    {
        Bundle = request.Bundle,
        Id = _id.Value,
        CgroupJoins = _cgroup.Joins.Count,
        CgroupDirectories = _cgroup.Directories,
        RedirectStdio = request.Stdio is not null,
        AwaitStart = awaitStart,
        AwaitNetwork = request.Wire is not null,
        Init = request.Init,
        PreservedDescriptors = request.PreservedDescriptors,
        Home = HomeReader.Read(_spec.Process!, (root as RootSource.Directory)?.Path),
        NewKeyring = !request.NoNewKeyring,
        NoPivot = request.NoPivot,
        Trace = request.Trace is not null,
        Seccomp = Filter(),
    };

    private SeccompProgram? Filter()
    {
        using TracePhase phase = Phase("compile the filter, or find it compiled");
        return _spec.Linux.Seccomp.IsEmpty ? null : runtime.Seccomp.Get(_spec.Linux.Seccomp.Span);
    }

    private TracePhase Phase(string name) => request.Trace.Phase(TraceTrack.Runtime, name);

    private void Start(LaunchPlan plan, SlotBinder binder, HostFacts facts)
    {
        // A state that the hooks read must be written before the stage can get to them.
        bool hasState = plan.Slots.Any(slot => slot is FdSlot.HookState);
        bool newUser = (plan.New & Namespaces.User) != 0;
        (SafeFileHandle Read, SafeFileHandle Write)? hold = hasState || newUser || _cgroup.Scope is not null ? Descriptors.Pipe() : null;
        using SafeFileHandle? read = hold?.Read;
        using SafeFileHandle? write = hold?.Write;
        _process = StagedProcess.Start(plan, binder, _cgroup.BornIn, hold, request.PreservedDescriptors, request.Trace);
        if (newUser)
        {
            using TracePhase phase = Phase("write the id maps");
            IdMapWriter.Write(_process.Pid, plan, facts);
        }

        if (_cgroup.Scope is { } scope)
        {
            OrWithoutCgroup(() =>
            {
                scope.Adopt(_process.Pid);
                return scope;
            });
        }

        if (binder.HookState is { } state)
        {
            RandomAccess.Write(state, StateJson.Write(State(awaitStart ? ContainerStatus.Creating : ContainerStatus.Running)), 0);
        }

        if (write is not null)
        {
            Descriptors.Write(write, "1"u8);
        }
    }

    private void WriteRecords(RootSource root)
    {
        ContainerRecord record = new()
        {
            Id = _id.Value,
            Pid = _process!.Pid,
            StartTime = ProcessStatus.TryRead(_process.Pid)?.StartTime ?? 0,
            BootId = ContainerLife.Boot,
            Bundle = request.Bundle,
            RootPath = root switch
            {
                RootSource.Overlay overlay => overlay.MountPoint,
                RootSource.Directory directory => directory.Path,
                _ => RootPath(),
            },
            Created = _created,
            Owner = Owners.Name(CrunSharp.Linux.Processes.EffectiveUser),
            Annotations = _spec.Annotations,
            CgroupDirectories = _cgroup.Directories,
            Scope = _cgroup.Scope?.Unit,
            HasPoststop = _spec.Hooks.Poststop.Count > 0,
        };
        runtime.Store.WriteRecord(_id, record, request.SpecText?.Invoke() ?? SpecWriter.Write(_spec));
        if (request.PidFile is { } pidFile)
        {
            HostPaths.Replace(pidFile, Encoding.ASCII.GetBytes($"{_process.Pid}"), 0x1a4 /* 0644 */, sync: false);
        }
    }

    private ContainerState State(ContainerStatus status) => new()
    {
        Id = _id,
        Status = status,
        Pid = _process!.Pid,
        Bundle = request.Bundle,
        RootPath = RootPath(),
        Created = _created,
        Owner = Owners.Name(CrunSharp.Linux.Processes.EffectiveUser),
        Annotations = _spec.Annotations,
    };

    private string RootPath() => _spec.Root is null ? request.Bundle : Path.GetFullPath(_spec.Root.Path, request.Bundle);

    private void CheckTerminal(Process process)
    {
        bool console = request.ConsoleSocket is not null || request.OwnTerminal;
        if (process.Terminal && !console)
        {
            throw new CrunException(_doing, "cannot allocate tty if runc will detach without setting console socket");
        }

        if (!process.Terminal && request.ConsoleSocket is not null)
        {
            throw new CrunException(_doing, "cannot use console socket if runc will not detach or allocate tty");
        }
    }

    private SafeFileHandle? ConnectConsole()
    {
        try
        {
            return request.ConsoleSocket is null ? null : UnixSocket.ConnectStream(request.ConsoleSocket);
        }
        catch (LinuxException failure)
        {
            throw new CrunException(_doing, $"the console socket takes no connection: {failure.Message}", failure);
        }
    }

    private void SendPidFd(SafeFileHandle process)
    {
        if (request.PidFdSocket is null)
        {
            return;
        }

        using SafeFileHandle socket = UnixSocket.ConnectStream(request.PidFdSocket);
        UnixSocket.SendDescriptor(socket, process, "pidfd");
    }

    private void Warn(IReadOnlyList<string> warnings)
    {
        foreach (string warning in warnings)
        {
            runtime.Options.Warn?.Invoke(warning);
        }
    }

    // Whatever fails in here must not hide what led to it.
    private void Undo()
    {
        Clear();
        runtime.Store.Remove(_id);
    }

    private void Clear()
    {
        try
        {
            _process?.Kill();
        }
        catch (LinuxException failure)
        {
            runtime.Options.Warn?.Invoke(failure.Message);
        }

        if (_cgroup.Scope is { } scope)
        {
            SystemdCgroupDriver.End(scope.Unit, _cgroup.Directories, scope.IsOfUser, warn: null);
        }

        foreach (string left in CgroupRemoval.Remove(_cgroup.Directories, kill: true))
        {
            runtime.Options.Warn?.Invoke($"cannot remove the cgroup '{left}'");
        }
    }

    /// <summary>Nobody made a cgroup for a container that can do without.</summary>
    private sealed class NoCgroupException(CrunException why) : Exception(why.Message, why);
}

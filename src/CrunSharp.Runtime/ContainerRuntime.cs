using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>One container by its id: made, started, asked about, signalled, removed.</summary>
public sealed partial class ContainerRuntime(RuntimeOptions options)
{
    private const int SIGKILL = 9;

    internal RuntimeOptions Options { get; } = options;

    internal ContainerStore Store { get; } = new(options.StateRoot);

    /// <summary>The filter that a <c>linux.seccomp</c> section comes to, as the kernel runs it.</summary>
    public ReadOnlyMemory<byte> CompileSeccomp(ReadOnlyMemory<byte> section) => Seccomp.Get(section.Span).Filter;

    /// <summary>What the device rules of a container say of one device; <paramref name="access"/> is of r, w and m.</summary>
    public static bool AllowsDevice(LinuxResources resources, char type, uint major, uint minor, string access) =>
        DeviceRules.Allow(resources, type, major, minor, access);

    internal SeccompCache Seccomp { get; } = new(options.SeccompCache ?? Path.Join(options.StateRoot, ".seccomp"));

    /// <summary>Makes a container up to the point where only its program is missing.</summary>
    /// <exception cref="CrunException">What could not be made, by its place in the spec; nothing is left behind.</exception>
    public Launched Create(LaunchRequest request) => new ContainerLaunch(this, request, awaitStart: true).Run();

    /// <summary>Makes and starts a container; its process is a child of the caller.</summary>
    /// <exception cref="CrunException">As of <see cref="Create"/>.</exception>
    public Launched Run(LaunchRequest request) => new ContainerLaunch(this, request, awaitStart: false).Run();

    /// <summary>Lets a created container execute its program.</summary>
    public void Start(ContainerId id)
    {
        string doing = $"cannot start container '{id}'";
        using SafeFileHandle? held = Store.TryLock(id);
        ContainerState state = GetState(id);
        if (state.Status == ContainerStatus.Stopped)
        {
            throw new CrunException(doing, "cannot start a container that has stopped");
        }

        if (state.Status != ContainerStatus.Created)
        {
            throw new CrunException(doing, "cannot start an already running container");
        }

        Spec spec = Store.ReadSpec(id);
        try
        {
            string path = Store.StartSocketOf(id);
            using SafeFileHandle socket = UnixSocket.Connect(path);
            _ = HostPaths.Unlink(path);

            // Whoever connects gets the reports from here on: none means that the program was executed.
            while (StageReport.TryRead(socket) is { } report)
            {
                if (report.Kind == ReportKind.Failed)
                {
                    throw report.ToException(doing, plan: null);
                }
            }
        }
        catch (LinuxException failure)
        {
            throw new CrunException(doing, failure.Message, failure);
        }

        HookRunner.RunAll(spec.Hooks.Poststart, "poststart", state with { Status = ContainerStatus.Running }, Options.Warn);
    }

    /// <exception cref="CrunException">There is none of this id.</exception>
    public ContainerState GetState(ContainerId id) => StateOf(id, Store.Read(id));

    /// <summary>The spec as it was when the container was made.</summary>
    /// <exception cref="CrunException">There is none of this id.</exception>
    public Spec GetSpec(ContainerId id) => Store.ReadSpec(id);

    /// <summary>What a monitor has to do for an attached container with a terminal: hand it on, and clean up after it.</summary>
    public MonitorOrder OrderFor(ContainerId id, Launched launched, bool keep) => new()
    {
        Pid = launched.Pid,
        PidFd = launched.PidFd,
        Terminal = launched.Terminal,
        HandOnInput = launched.Terminal is not null,
        Raw = launched.Terminal is not null,
        Actions = keep ? [] :
        [
            .. launched.CgroupDirectories.Select(directory => new MonitorAction.RemoveCgroup(directory, KillFirst: true)),
            new MonitorAction.RemoveTree(Store.DirectoryOf(id)),
        ],
    };

    public IReadOnlyList<ContainerState> List()
    {
        List<ContainerState> states = [];
        foreach (ContainerId id in Store.List())
        {
            // One that is removed at this moment is not there any more.
            if (Store.TryRead(id) is { } record)
            {
                states.Add(StateOf(id, record));
            }
        }

        return states;
    }

    private ContainerState StateOf(ContainerId id, ContainerRecord record)
    {
        bool alive = ContainerLife.IsAlive(record);
        ContainerStatus status = !alive ? ContainerStatus.Stopped
            : CgroupProcesses.IsFrozen(record.CgroupDirectories) ? ContainerStatus.Paused
            : HostPaths.Exists(Store.StartSocketOf(id)) ? ContainerStatus.Created
            : ContainerStatus.Running;
        return new ContainerState
        {
            Id = id,
            Status = status,
            Pid = alive ? record.Pid : 0,
            Bundle = record.Bundle,
            RootPath = record.RootPath,
            Created = record.Created,
            Owner = record.Owner,
            Annotations = record.Annotations,
            CgroupDirectories = record.CgroupDirectories,
            Scope = record.Scope,
        };
    }
}

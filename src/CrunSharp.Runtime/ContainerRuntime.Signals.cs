using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

public sealed partial class ContainerRuntime
{
    /// <summary>Signals the first process, or all of them.</summary>
    /// <remarks>All: also of a container whose first process has ended, where others outlived it.</remarks>
    public void Kill(ContainerId id, int signal, bool all)
    {
        ContainerState state = GetState(id);
        if (all && state.CgroupDirectories is [string cgroup, ..])
        {
            // Every hierarchy has the same processes.
            CgroupRemoval.Kill(cgroup, signal);
            return;
        }

        if (state.Status == ContainerStatus.Stopped)
        {
            throw new CrunException($"cannot kill container '{id}'", "container not running");
        }

        try
        {
            if (!SignalFirst(id, state.Pid, signal))
            {
                throw new CrunException($"cannot kill container '{id}'", "container not running");
            }

            // A frozen process dies only once it runs again.
            if (state.Status == ContainerStatus.Paused && signal == SIGKILL)
            {
                _ = CgroupProcesses.Freeze(state.CgroupDirectories, frozen: false);
            }
        }
        catch (LinuxException failure)
        {
            throw new CrunException($"cannot kill container '{id}'", failure.Message, failure);
        }
    }

    /// <summary>Stops every process of a running container where it stands.</summary>
    public void Pause(ContainerId id)
    {
        ContainerState state = GetState(id);
        if (state.Status is not (ContainerStatus.Running or ContainerStatus.Created))
        {
            throw new CrunException($"cannot pause container '{id}'", $"container not running or created: {StateJson.Name(state.Status)}");
        }

        Freeze(id, state, frozen: true);
    }

    public void Resume(ContainerId id)
    {
        ContainerState state = GetState(id);
        if (state.Status != ContainerStatus.Paused)
        {
            throw new CrunException($"cannot resume container '{id}'", "container not paused");
        }

        Freeze(id, state, frozen: false);
    }

    /// <summary>The processes of a container, as the host numbers them.</summary>
    public IReadOnlyList<int> Processes(ContainerId id)
    {
        ContainerState state = GetState(id);
        if (state.Status == ContainerStatus.Stopped)
        {
            return [];
        }

        // Without a cgroup only the first is known.
        return state.CgroupDirectories.Count > 0 ? CgroupProcesses.In(state.CgroupDirectories[0]) : [state.Pid];
    }

    /// <summary>Gives a container other limits; those that are not named stay.</summary>
    public void Update(ContainerId id, LinuxResources resources)
    {
        ContainerState state = GetState(id);
        if (state.Status == ContainerStatus.Stopped)
        {
            throw new CrunException($"cannot update container '{id}'", "container not running");
        }

        CgroupHost host = CgroupHost.Read();
        bool rootless = Rootless(HostFactsReader.Read(host));
        CgroupDriver.For(host, state.Scope is null ? Options.CgroupManager : CgroupManager.Systemd, rootless).Update(state.CgroupDirectories, resources);
    }

    /// <summary>Removes what is left of a stopped container; with <paramref name="force"/> it is killed first.</summary>
    /// <remarks>With <paramref name="force"/>, an unknown id is no error.</remarks>
    public void Delete(ContainerId id, bool force)
    {
        using SafeFileHandle? held = Store.TryLock(id);
        if (held is null)
        {
            if (!force)
            {
                _ = Store.Read(id);
            }

            return;
        }

        if (Store.TryRead(id) is not { } record)
        {
            // A launch that was killed before it could say what it made.
            if (!force)
            {
                _ = Store.Read(id);
            }

            Store.Remove(id);
            return;
        }

        ContainerState state = StateOf(id, record);
        if (state.Status != ContainerStatus.Stopped)
        {
            if (!force && state.Status != ContainerStatus.Created)
            {
                throw new CrunException($"cannot delete container {id} that is not stopped", StateJson.Name(state.Status));
            }

            End(id, state);
        }

        Remove(id, record, state with { Status = ContainerStatus.Stopped, Pid = 0 });
    }

    /// <summary>Removes what is left of a container whose process the caller has waited for, as <see cref="Delete"/> does.</summary>
    public void Finish(LaunchRequest request, Launched launched)
    {
        IReadOnlyList<string> left = CgroupRemoval.Remove(launched.CgroupDirectories, kill: true);
        if (request.Spec.Hooks.Poststop.Count > 0)
        {
            HookRunner.RunAll(request.Spec.Hooks.Poststop, "poststop", GetState(request.Id), Options.Warn);
        }

        Store.Remove(request.Id);
        foreach (string directory in left)
        {
            Options.Warn?.Invoke($"cannot remove the cgroup '{directory}': it is still in use");
        }
    }

    private void Remove(ContainerId id, ContainerRecord record, ContainerState state)
    {
        // Read while it is there.
        IReadOnlyList<Hook> hooks = record.HasPoststop ? Store.ReadSpec(id).Hooks.Poststop : [];
        if (record.Scope is { } scope)
        {
            SystemdCgroupDriver.End(scope, record.CgroupDirectories, Rootless(HostFactsReader.Read(CgroupHost.Read())), Options.Warn);
        }

        IReadOnlyList<string> left = CgroupRemoval.Remove(record.CgroupDirectories, kill: true);
        Store.Remove(id);
        HookRunner.RunAll(hooks, "poststop", state, Options.Warn);
        if (left.Count > 0)
        {
            throw new CrunException($"cannot delete container '{id}'", $"the cgroup '{left[0]}' is still in use");
        }
    }

    /// <summary>Whether what is ours of the cgroups is only what was delegated to this user.</summary>
    internal static bool Rootless(HostFacts facts) => facts.Uid != 0 || !facts.InitialUserNamespace;

    private static void End(ContainerId id, ContainerState state)
    {
        using SafeFileHandle? first = CrunSharp.Linux.Processes.TryOpen(state.Pid);
        if (first is not null)
        {
            _ = CrunSharp.Linux.Processes.Signal(first, SIGKILL);
        }

        foreach (string directory in state.CgroupDirectories)
        {
            CgroupRemoval.Kill(directory, SIGKILL);
        }

        if (state.Status == ContainerStatus.Paused)
        {
            _ = CgroupProcesses.Freeze(state.CgroupDirectories, frozen: false);
        }

        // Readable once it has ended, whether or not its parent has asked for its status.
        if (first is not null && Descriptors.WaitForOne([(int)first.DangerousGetHandle()], 10_000) < 0)
        {
            throw new CrunException($"cannot delete container '{id}'", "its first process does not end");
        }
    }

    // The number alone could be another's by now: look again once it is held.
    private bool SignalFirst(ContainerId id, int pid, int signal)
    {
        using SafeFileHandle? first = CrunSharp.Linux.Processes.TryOpen(pid);
        return first is not null && ContainerLife.IsAlive(Store.Read(id)) && CrunSharp.Linux.Processes.Signal(first, signal);
    }

    private static void Freeze(ContainerId id, ContainerState state, bool frozen)
    {
        string doing = $"cannot {(frozen ? "pause" : "resume")} container '{id}'";
        try
        {
            if (!CgroupProcesses.Freeze(state.CgroupDirectories, frozen))
            {
                throw new CrunException(doing, state.CgroupDirectories.Count == 0 ? "it has no cgroup of its own" : "its cgroup cannot be frozen");
            }
        }
        catch (LinuxException failure)
        {
            throw new CrunException(doing, failure.Message, failure);
        }
    }
}

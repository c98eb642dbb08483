using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Runtime;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    private const int SIGKILL = 9;
    private const int PatienceMilliseconds = 10_000;

    /// <summary>Signals a container's first process.</summary>
    /// <exception cref="CrunException">There is no such container, or it does not run.</exception>
    public Container Kill(string nameOrId, int signal)
    {
        Container container = Containers.Get(nameOrId);
        if (!container.IsRunning || container.Record.Process is not { } process || !Signal(process, signal))
        {
            throw new CrunException($"cannot kill the container '{nameOrId}'", "it is not running");
        }

        return container;
    }

    /// <summary>Removes a container with all that it wrote; with <paramref name="force"/> also one that runs.</summary>
    public Container Remove(string nameOrId, bool force)
    {
        Container container = Containers.Get(nameOrId);
        if (container.Status is ContainerStatus.Running or ContainerStatus.Created && !force)
        {
            throw new CrunException($"cannot remove the container '{nameOrId}'", "it is running")
            {
                Hints = [$"crun-sharp kill {nameOrId}", $"or kill and remove it at once: crun-sharp rm -f {nameOrId}"],
            };
        }

        Destroy(container.Directory);
        return container;
    }

    /// <summary>Asks a container's program to end, and kills it when it has not after <paramref name="grace"/>.</summary>
    public Container Stop(string nameOrId, TimeSpan grace)
    {
        Container container = Containers.Get(nameOrId);
        if (!container.IsRunning || container.Record.Process is not { } process)
        {
            return container;
        }

        Signal(process, SignalName.Parse(container.Record.StopSignal));
        long end = Environment.TickCount64 + (long)grace.TotalMilliseconds;
        while (process.IsAlive() && Environment.TickCount64 < end)
        {
            Thread.Sleep(10);
        }

        EndProcess(process, SIGKILL);
        return container;
    }

    /// <summary>Ends what lives of a container and removes the rest. May be called twice, and beside another that does it.</summary>
    private void Destroy(ContainerDirectory directory)
    {
        try
        {
            // Whoever is just making it holds this until its process is recorded.
            using FileLock held = FileLock.Acquire(directory.Lock);
            Container container = Container.Read(directory);
            if (container.Record.Process is { } process)
            {
                EndProcess(process, SIGKILL);
            }

            foreach (ProcessIdentity helper in container.Record.Helpers)
            {
                EndProcess(helper, SIGKILL);
            }

            // The monitor has seen the end and does what is left to it; afterwards nobody else writes here.
            if (container.Record.Monitor is { } monitor && monitor.Pid != Environment.ProcessId)
            {
                WaitForEnd(monitor, PatienceMilliseconds);
            }

            ClearRuntime(container.Id);
            Containers.Delete(container);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException || failure is LinuxException { Errno: 2 })
        {
            // The container's own monitor, or another rm, was faster.
        }
    }

    // The runtime's own state says what it made, unless it was killed before it had written that.
    private void ClearRuntime(ContainerId id)
    {
        Runtime.Delete(id, force: true);
        if (CgroupManager == CgroupManager.Cgroupfs)
        {
            ContainerRuntime.RemoveCgroups(id, CgroupsPath(id));
        }
    }

    private static string CgroupsPath(ContainerId id) =>
        CgroupManager == CgroupManager.Systemd ? $"user.slice:crun-sharp:{id}" : $"/crun-sharp/{id}";

    private static void EndProcess(ProcessIdentity process, int signal)
    {
        if (Signal(process, signal))
        {
            WaitForEnd(process, PatienceMilliseconds);
        }
    }

    /// <summary>Signals this very process, or says that it is gone.</summary>
    private static bool Signal(ProcessIdentity process, int signal)
    {
        // First the descriptor, then the check: what it names cannot change any more.
        using SafeFileHandle? handle = Processes.TryOpen(process.Pid);
        return handle is not null && process.IsAlive() && Processes.Signal(handle, signal);
    }

    private static void WaitForEnd(ProcessIdentity process, int milliseconds)
    {
        // Not by the descriptor alone: where pid 1 reaps nobody, some kernels never call a zombie's descriptor readable.
        long end = Environment.TickCount64 + milliseconds;
        for (int pause = 1; process.IsAlive(); pause = Math.Min(pause * 2, 50))
        {
            if (Environment.TickCount64 > end)
            {
                throw new CrunException($"cannot end process {process.Pid}", $"it still runs after {milliseconds / 1000} seconds");
            }

            Thread.Sleep(pause);
        }
    }
}

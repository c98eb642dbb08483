using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Clears what killed runs left: helpers, cgroups, and containers that were started with --rm.</summary>
    /// <remarks>
    /// Never a container that runs, and never the writable layer of one started without --rm. A failure here must
    /// not stop the run that it precedes.
    /// </remarks>
    public void Recover()
    {
        try
        {
            Containers.Recover(RecoverOne);
        }
        catch (Exception failure) when (failure is CrunException or LinuxException or IOException or UnauthorizedAccessException)
        {
            _warn($"cannot clear what an earlier run left: {FileFailure.Describe(failure)}");
        }
    }

    // Answers whether all is done for it.
    private bool RecoverOne(Container container)
    {
        if (container.Record.Monitor is not { } monitor)
        {
            return true;
        }

        if (container.IsRunning || container.Status == ContainerStatus.Created || monitor.IsAlive())
        {
            return false;
        }

        if (container.Record.AutoRemove)
        {
            // A lock held by another says that somebody is at it already: another rm, or a launch that has yet to see that it is alone.
            using (FileLock? free = FileLock.TryAcquire(container.Directory.Lock))
            {
                if (free is null)
                {
                    return false;
                }
            }

            Destroy(container.Directory);
            return true;
        }

        // The runtime's directory is the last thing that a monitor removes of a container that stays.
        if (container.Status == ContainerStatus.Dead || Directory.Exists($"{RuntimeRoot}/{container.Id}"))
        {
            foreach (ProcessIdentity helper in container.Record.Helpers)
            {
                EndProcess(helper, SIGKILL);
            }

            ClearRuntime(container.Id);
        }

        return true;
    }
}

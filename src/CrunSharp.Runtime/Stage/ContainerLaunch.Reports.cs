using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <remarks>Here: what the stage tells while it works, and what it waits for.</remarks>
internal sealed partial class ContainerLaunch
{
    // A pid namespace that the stage makes or joins itself is its child's: that child is the container's process.
    private void FollowFork()
    {
        if (!_process!.Plan.Steps.Any(static step => step is Fork))
        {
            return;
        }

        while (_process.Read() is { } report)
        {
            switch (report.Kind)
            {
                case ReportKind.Forked:
                    _process.GoOnAs(report.Error);
                    return;
                case ReportKind.Failed:
                    throw report.ToException(_doing, _process.Plan);
                case ReportKind.Note:
                    runtime.Options.Warn?.Invoke(report.Text);
                    break;
                default:
                    report.Descriptor?.Dispose();
                    break;
            }
        }

        throw new CrunException(_doing, "its first process ended before it had made the container's");
    }

    // The stage mounts meanwhile; where it has already failed, that is the failure to tell.
    private void Connect(SlotBinder binder)
    {
        if (request.Wire is null)
        {
            return;
        }

        try
        {
            request.Wire(_process!.Pid, CancellationToken.None).GetAwaiter().GetResult();
            Release(binder.NetworkReady);
        }
        catch (Exception)
        {
            while (_process!.HasReport(20) && _process.Read() is { } report)
            {
                if (report.Kind == ReportKind.Failed)
                {
                    throw report.ToException(_doing, _process.Plan);
                }
            }

            throw;
        }
    }

    // Until the program was executed, or waits for start.
    private void Follow(SlotBinder binder)
    {
        while (_process!.Read() is { } report)
        {
            switch (report.Kind)
            {
                case ReportKind.Failed:
                    throw report.ToException(_doing, _process.Plan);
                case ReportKind.Ready:
                    return;
                case ReportKind.Waiting:
                    HookRunner.Run(_spec.Hooks.Prestart, "prestart", State(ContainerStatus.Creating));
                    HookRunner.Run(_spec.Hooks.CreateRuntime, "createRuntime", State(ContainerStatus.Creating));
                    Release(binder.HooksDone);
                    break;
                case ReportKind.Fuse:
                    using (report.Descriptor)
                    {
                        ((RootSource.Fuse)request.Root!).Serve(report.Descriptor!);
                    }

                    break;
                case ReportKind.Listener:
                    using (report.Descriptor)
                    {
                        SeccompListener.Send(_spec, State(ContainerStatus.Creating), report.Descriptor!);
                    }

                    break;
                case ReportKind.Note:
                    runtime.Options.Warn?.Invoke(report.Text);
                    break;
                default:
                    report.Descriptor?.Dispose();
                    break;
            }
        }

        if (awaitStart)
        {
            throw new CrunException(_doing, "its first process ended before it was created");
        }
    }

    private static void Release(SafeFileHandle? pipe)
    {
        try
        {
            if (pipe is not null)
            {
                Descriptors.Write(pipe, "1"u8);
            }
        }
        catch (LinuxException)
        {
            // Nobody waits any more: its report says why.
        }
    }
}

using CrunSharp.Linux;
using CrunSharp.Runtime;

namespace CrunSharp.OciVerbs;

/// <summary>Stays with a process until it ends, and answers with its status.</summary>
internal static class Attached
{
    public static int Wait(ContainerRuntime runtime, LaunchRequest request, Launched launched, bool keep)
    {
        if (launched.Terminal is null)
        {
            // In place: for a short program, becoming the monitor would cost more than this process is worth.
            ProcessEnd end = Processes.WaitHandingOnSignals(launched.Pid);
            if (!keep)
            {
                runtime.Finish(request, launched);
            }

            return end.Status;
        }

        Runtime.Monitor.Become(runtime.OrderFor(request.Id, launched, keep));
        return 0;
    }

    /// <summary>The same for a further process: nothing of the container is removed at its end.</summary>
    public static int WaitForFurther(Launched launched)
    {
        if (launched.Terminal is null)
        {
            return Processes.WaitHandingOnSignals(launched.Pid).Status;
        }

        Runtime.Monitor.Become(new MonitorOrder
        {
            Pid = launched.Pid,
            PidFd = launched.PidFd,
            Terminal = launched.Terminal,
            HandOnInput = true,
            Raw = true,
            NotFirst = true,
        });
        return 0;
    }
}

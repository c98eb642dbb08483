using System.Diagnostics.CodeAnalysis;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>The small C program that stays with a running process in place of .NET.</summary>
public static class Monitor
{
    /// <summary>Turns this process into the monitor: same process id, same children, same terminal.</summary>
    /// <remarks>Descriptors that are not close-on-exec stay open in it. It ends with the process's own status.</remarks>
    /// <exception cref="CrunException">It could not be executed; this process goes on.</exception>
    [DoesNotReturn]
    public static void Become(MonitorOrder order) => Become(order, "monitor", $"cannot stay with process {order.Pid}");

    /// <summary>Turns this process into a client of a running monitor: the user's streams, until the process ends or the user detaches.</summary>
    /// <param name="monitor">A socket (SOCK_SEQPACKET) that is connected to the monitor's.</param>
    /// <param name="input">Descriptor 0 is handed on.</param>
    /// <param name="terminal">The process has a terminal: descriptor 0 is raw meanwhile, and ctrl-p ctrl-q detaches.</param>
    /// <remarks>It ends with the process's status, 0 when the user detached, 125 when the monitor is gone.</remarks>
    /// <exception cref="CrunException">It could not be executed; this process goes on.</exception>
    [DoesNotReturn]
    public static void Attach(SafeFileHandle monitor, bool input, bool terminal, bool forwardSignals)
    {
        MonitorOrder order = new()
        {
            Pid = 0,
            Attach = monitor,
            HandOnInput = input,
            Raw = terminal && input,
            DetachKeys = terminal && input,
            ForwardSignals = forwardSignals,
        };
        Become(order, "attach", "cannot attach to the process");
    }

    [DoesNotReturn]
    private static void Become(MonitorOrder order, string mode, string what)
    {
        (byte[] bytes, IReadOnlyList<SafeFileHandle> held) = OrderEncoder.Encode(order);
        try
        {
            using SafeFileHandle program = MemoryFile.OpenStage();
            using SafeFileHandle file = MemoryFile.Create("crun-sharp-order", bytes);
            Span<int> descriptors = stackalloc int[held.Count + 1];
            descriptors[0] = (int)file.DangerousGetHandle();
            for (int i = 0; i < held.Count; i++)
            {
                descriptors[i + 1] = (int)held[i].DangerousGetHandle();
            }

            CrunSharp.Linux.Processes.Become(new ProcessStart
            {
                Program = program,
                Name = mode,
                Descriptors = descriptors,
                KeepUpTo = 2,
                Report = -1,
            });
        }
        catch (LinuxException failure)
        {
            throw new CrunException(what, failure.Message, failure);
        }
    }
}

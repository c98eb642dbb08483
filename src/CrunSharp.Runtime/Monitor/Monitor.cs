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
    public static void Become(MonitorOrder order)
    {
        (byte[] bytes, IReadOnlyList<SafeFileHandle> held) = OrderEncoder.Encode(order);
        try
        {
            using SafeFileHandle program = MemoryFile.CreateStage();
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
                Name = "monitor",
                Descriptors = descriptors,
                KeepUpTo = 2,
                Report = -1,
            });
        }
        catch (LinuxException failure)
        {
            throw new CrunException($"cannot stay with process {order.Pid}", failure.Message, failure);
        }
    }
}

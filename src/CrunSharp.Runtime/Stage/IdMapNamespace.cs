using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>A user namespace that nobody lives in: it only says how a mount maps ids.</summary>
internal static class IdMapNamespace
{
    public static SafeFileHandle Create(IReadOnlyList<IdMapping> uids, IReadOnlyList<IdMapping> gids)
    {
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
        using SafeFileHandle program = MemoryFile.OpenStage();
        using (read)
        {
            StartedProcess holder;
            SafeFileHandle users;
            using (write)
            {
                // It waits for a byte that never comes, and ends with the pipe.
                holder = CrunSharp.Linux.Processes.Start(new ProcessStart
                {
                    Namespaces = (ulong)Namespaces.User,
                    Program = program,
                    Name = "stage",
                    Descriptors = [],
                    Hold = read,
                    HoldWrite = write,
                    Report = -1,
                });
                users = Map(holder, uids, gids);
            }

            _ = CrunSharp.Linux.Processes.Wait(holder.Pid);
            holder.PidFd.Dispose();
            return users;
        }
    }

    private static SafeFileHandle Map(StartedProcess holder, IReadOnlyList<IdMapping> uids, IReadOnlyList<IdMapping> gids)
    {
        try
        {
            Descriptors.WriteOnce($"/proc/{holder.Pid}/uid_map", IdMapWriter.Format(uids));
            Descriptors.WriteOnce($"/proc/{holder.Pid}/gid_map", IdMapWriter.Format(gids));
            return Descriptors.Open($"/proc/{holder.Pid}/ns/user", 0);
        }
        catch (LinuxException)
        {
            _ = CrunSharp.Linux.Processes.Signal(holder.PidFd, 9);
            throw;
        }
    }
}

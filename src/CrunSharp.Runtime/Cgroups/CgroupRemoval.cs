using CrunSharp.Linux;

namespace CrunSharp.Runtime;

/// <summary>Ends what runs in cgroups and removes them.</summary>
internal static class CgroupRemoval
{
    private const int SIGKILL = 9;
    private const int ENOENT = 2;
    private const int EBUSY = 16;
    private const int Attempts = 12;

    /// <summary>Removes the directories with those below them; absent ones are fine. The paths that would not go.</summary>
    public static IReadOnlyList<string> Remove(IReadOnlyList<string> directories, bool kill)
    {
        List<string> left = [];

        // The kernel lets go of a cgroup a little after its last process: wait 1 ms, then twice as long each time.
        foreach (string directory in directories)
        {
            int delay = 1;
            int errno;
            for (int attempt = 0; ; attempt++)
            {
                errno = RemoveTree(directory);
                if (errno is 0 or ENOENT || attempt == Attempts)
                {
                    break;
                }

                if (errno != EBUSY)
                {
                    break;
                }

                if (kill)
                {
                    Kill(directory, SIGKILL);
                }

                Thread.Sleep(delay);
                delay = Math.Min(delay * 2, 100);
            }

            if (errno is not (0 or ENOENT))
            {
                left.Add(directory);
            }
        }

        return left;
    }

    /// <summary>Signals every process in the cgroup and those below it.</summary>
    public static void Kill(string directory, int signal)
    {
        if (signal == SIGKILL)
        {
            try
            {
                Descriptors.WriteOnce(directory + "/cgroup.kill", "1"u8);
                return;
            }
            catch (LinuxException)
            {
                // Version 1, a kernel before 5.14, or already gone.
            }
        }

        foreach (int pid in CgroupProcesses.In(directory))
        {
            _ = Processes.Signal(pid, signal);
        }
    }

    private static int RemoveTree(string directory)
    {
        int errno = HostPaths.RemoveDirectory(directory);
        if (errno != EBUSY)
        {
            return errno;
        }

        foreach (string child in CgroupProcesses.Below(directory))
        {
            _ = RemoveTree(child);
        }

        return HostPaths.RemoveDirectory(directory);
    }
}

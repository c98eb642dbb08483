using System.Globalization;
using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Writes the id maps of a new user namespace: the kernel takes each once.</summary>
internal static class IdMapWriter
{
    private static readonly string[] s_helperDirectories = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin"];

    public static void Write(int pid, LaunchPlan plan, HostFacts facts)
    {
        try
        {
            if (facts.Uid == 0)
            {
                WriteFiles(pid, plan);
            }
            else if (IsOwnIdOnly(plan.UidMap, facts.Uid) && IsOwnIdOnly(plan.GidMap, facts.Gid))
            {
                // Without privilege a group map is taken only once groups can no longer be dropped.
                Descriptors.WriteOnce($"/proc/{pid}/setgroups", "deny"u8);
                WriteFiles(pid, plan);
            }
            else
            {
                WriteByHelpers(pid, plan);
            }
        }
        catch (LinuxException failure)
        {
            throw new CrunException("cannot map the ids of the container's user namespace", failure.Message, failure);
        }
    }

    private static bool IsOwnIdOnly(IReadOnlyList<IdMapping> map, uint own) => map is [{ Size: 1 } only] && only.HostId == own;

    private static void WriteFiles(int pid, LaunchPlan plan)
    {
        Descriptors.WriteOnce($"/proc/{pid}/uid_map", Format(plan.UidMap));
        Descriptors.WriteOnce($"/proc/{pid}/gid_map", Format(plan.GidMap));
    }

    internal static byte[] Format(IReadOnlyList<IdMapping> map)
    {
        StringBuilder text = new();
        foreach (IdMapping extent in map)
        {
            text.Append(CultureInfo.InvariantCulture, $"{extent.ContainerId} {extent.HostId} {extent.Size}\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    // Each takes 2 to 3 ms, mostly to begin: side by side.
    private static void WriteByHelpers(int pid, LaunchPlan plan)
    {
        int uids = Start("newuidmap", pid, plan.UidMap);
        int gids = Start("newgidmap", pid, plan.GidMap);
        ProcessEnd uidsEnd = CrunSharp.Linux.Processes.Wait(uids);
        ProcessEnd gidsEnd = CrunSharp.Linux.Processes.Wait(gids);
        if (uidsEnd.Status != 0 || gidsEnd.Status != 0)
        {
            string helper = uidsEnd.Status != 0 ? "newuidmap" : "newgidmap";
            throw new CrunException("cannot map the ids of the container's user namespace", $"{helper} refused, see above")
            {
                Hints = ["the ids must be this user's in /etc/subuid and /etc/subgid"],
            };
        }
    }

    private static int Start(string helper, int pid, IReadOnlyList<IdMapping> map)
    {
        string path = s_helperDirectories.Select(directory => Path.Join(directory, helper)).FirstOrDefault(HostPaths.Exists)
            ?? throw new CrunException("cannot map the ids of the container's user namespace", $"{helper} is not installed")
            {
                Hints = ["install it: apt-get install uidmap"],
            };
        List<string> arguments = [helper, Number(pid)];
        foreach (IdMapping extent in map)
        {
            arguments.AddRange([Number(extent.ContainerId), Number(extent.HostId), Number(extent.Size)]);
        }

        return CrunSharp.Linux.Processes.Spawn(path, arguments, []);
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>User namespaces by hand: a process that sleeps keeps one open, others enter it.</summary>
internal static class UserNamespaces
{
    public static string Enter(string variable, LaunchFacts facts) =>
        $"nsenter --user=\"/proc/${variable}/ns/user\"{(facts.User is { OneId: true } ? " --preserve-credentials" : "")}";

    public static void Write(Script script)
    {
        LaunchFacts facts = script.Facts;
        Part part = script.Outside;
        if (facts.User is { } user)
        {
            part.Blank();
            part.Comment("", "Your own user namespace, in which you are root. crun-sharp makes one for all your containers, and a small process keeps it.");
            part.Comment("   why:", "an ordinary user may mount nothing and own no files of other ids; in a user namespace of his own he may, for what belongs to it.");
            part.Comment("   without it:", "only root could run containers.");
            part.Line("unshare --user sleep infinity &");
            part.Line("user=$!");
            WaitFor(part, "user", "self");
            if (user.OneId)
            {
                part.Comment("   ", "Without subordinate ids you may map yourself only, and give up setting groups.");
                part.Line("echo deny > \"/proc/$user/setgroups\"");
                part.Line($"printf '{Script.MapLines(user.Uids)}\\n' > \"/proc/$user/uid_map\"");
                part.Line($"printf '{Script.MapLines(user.Gids)}\\n' > \"/proc/$user/gid_map\"");
            }
            else
            {
                part.Comment("   ", "newuidmap may, set-uid, map what /etc/subuid gives you: 0 inside is you, the others are ids that nobody else has.");
                part.Line($"newuidmap \"$user\" {Words(user.Uids)}");
                part.Line($"newgidmap \"$user\" {Words(user.Gids)}");
            }
        }

        if (facts.Plan.New.HasFlag(Namespaces.User))
        {
            WriteContainers(script);
        }

        if (facts.User is not null && (facts.Root.Uid != 0 || facts.Root.Gid != 0))
        {
            part.Line($"as_root chown {facts.Root.Uid}:{facts.Root.Gid} \"$work/scratch/upper\"");
        }
    }

    private static void WriteContainers(Script script)
    {
        LaunchFacts facts = script.Facts;
        Part part = script.Outside;
        part.Blank();
        part.Comment("", "The container's own user namespace, inside the first one: every id stays what it is.");
        part.Comment("   why:", "root of the container then has no power over the namespace that all your containers share.");
        part.Comment("   without it:", "it could mount, trace and signal whatever else of yours runs there.");
        part.Line($"{(facts.User is null ? "" : $"{Enter("user", facts)} ")}unshare --user sleep infinity &");
        part.Line("container=$!");
        WaitFor(part, "container", facts.User is null ? "self" : "$user");
        part.Line($"{script.AsRootOfUser}sh -c 'printf \"{Script.MapLines(facts.Plan.UidMap)}\\n\" > \"/proc/$1/uid_map\"; printf \"{Script.MapLines(facts.Plan.GidMap)}\\n\" > \"/proc/$1/gid_map\"' sh \"$container\"");
    }

    // unshare has to have done its part: until then the process is still in the namespace of whoever started it.
    private static void WaitFor(Part part, string variable, string other) => part.Line(
        $"until [ \"$(cat /proc/${variable}/comm)\" = sleep ] && [ \"$(readlink /proc/${variable}/ns/user)\" != \"$(readlink /proc/{other}/ns/user)\" ]; do sleep 0.02; done");

    private static string Words(IReadOnlyList<IdMapping> map) =>
        string.Join(' ', map.Select(static extent => $"{extent.ContainerId} {extent.HostId} {extent.Size}"));
}

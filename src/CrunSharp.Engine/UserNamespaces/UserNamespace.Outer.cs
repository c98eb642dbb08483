using CrunSharp.Linux;

namespace CrunSharp.Engine;

public static partial class UserNamespace
{
    // Set by native/main when it has joined; the ids themselves come from the kernel, not from the environment.
    internal const string JoinedVariable = "CRUN_SHARP_JOINED";

    private static readonly Lazy<OuterUser?> s_outer = new(FindOuter);

    private static OuterUser? FindOuter()
    {
        if (Environment.GetEnvironmentVariable(JoinedVariable) is null || Identity.EffectiveUid != 0)
        {
            return null;
        }

        IReadOnlyList<IdExtent> uids = IdExtent.Read("/proc/self/uid_map");
        IReadOnlyList<IdExtent> gids = IdExtent.Read("/proc/self/gid_map");

        // A variable that leaked to the real root, by sudo -E, names no one.
        return OutsideOf(0, uids) is { } uid && uid != 0 && OutsideOf(0, gids) is { } gid
            ? new OuterUser { Uid = uid, Gid = gid, Uids = uids, Gids = gids }
            : null;
    }

    private static uint? OutsideOf(uint inside, IReadOnlyList<IdExtent> map)
    {
        foreach (IdExtent extent in map)
        {
            if (inside >= extent.Inside && inside - extent.Inside < extent.Count)
            {
                return extent.Outside + (inside - extent.Inside);
            }
        }

        return null;
    }
}

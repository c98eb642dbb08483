using CrunSharp.Bundles;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>The user namespace that each container of an ordinary user gets for itself, inside the user's.</summary>
/// <remarks>
/// Every id stays what it is. What differs is power: root in the container has none over the namespace in which the
/// engine, the holder and other containers live. It costs nothing measurable.
/// </remarks>
internal static class ContainerUserNamespace
{
    /// <summary>Null for root, whose containers share the host's user namespace as docker's do.</summary>
    public static UserNamespaceMap? Of(OuterUser? user) =>
        user is null ? null : new UserNamespaceMap(Repeat(user.Uids), Repeat(user.Gids));

    /// <exception cref="CrunException">The program is to run as somebody whom the user's namespace does not know.</exception>
    public static void Check(User wanted, OuterUser? user)
    {
        if (user is null || (Has(user.Uids, wanted.Uid) && Has(user.Gids, wanted.Gid)))
        {
            return;
        }

        throw new CrunException(
            $"cannot run as user {wanted.Uid}:{wanted.Gid}",
            user.IsOneId ? "without subordinate ids a container has user 0 only" : "it is beyond the subordinate ids that you have")
        {
            Hints = ["run as root of the container, which is you: --user 0", "crun-sharp doctor tells how to get more ids"],
        };
    }

    private static bool Has(IReadOnlyList<IdExtent> map, uint id) =>
        map.Any(extent => id >= extent.Inside && id - extent.Inside < extent.Count);

    // Extent by extent: one that spans two of the parent's is refused.
    private static List<IdMapping> Repeat(IReadOnlyList<IdExtent> map) =>
        [.. map.Select(static extent => new IdMapping(extent.Inside, extent.Inside, extent.Count))];
}

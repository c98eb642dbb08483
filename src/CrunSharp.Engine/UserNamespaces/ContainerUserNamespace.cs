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

    // Extent by extent: one that spans two of the parent's is refused.
    private static List<IdMapping> Repeat(IReadOnlyList<IdExtent> map) =>
        [.. map.Select(static extent => new IdMapping(extent.Inside, extent.Inside, extent.Count))];
}

using CrunSharp.Linux;

namespace CrunSharp.Observe;

/// <summary>Who the container's users are on the host.</summary>
internal static class IdView
{
    public static Section Of(ProcessFacts first, Subject subject) => new(
        "ids", "Ids", first.Uids is [{ Inside: 0, Outside: 0, Count: uint.MaxValue }] ? "No user namespace: root inside is root of the host, held back by capabilities and the filter alone." : "Root inside is an ordinary id outside.",
        ["kind", "in the container", "on the host"],
        [.. Rows("uid", first.Uids, subject.OuterUids), .. Rows("gid", first.Gids, subject.OuterGids)]);

    private static IEnumerable<string[]> Rows(string kind, IReadOnlyList<IdExtent> map, IReadOnlyList<IdExtent> outer)
    {
        foreach (IdExtent extent in map)
        {
            // What this process calls outside may itself be inside of the user's namespace.
            IdExtent? around = outer.Cast<IdExtent?>().FirstOrDefault(candidate => extent.Outside >= candidate!.Value.Inside && extent.Outside - candidate.Value.Inside < candidate.Value.Count);
            uint outside = around is { } found ? found.Outside + (extent.Outside - found.Inside) : extent.Outside;
            yield return [kind, Range(extent.Inside, extent.Count), Range(outside, extent.Count)];
        }
    }

    private static string Range(uint from, uint count) => count == 1 ? $"{from}" : $"{from} to {(ulong)from + count - 1}";
}

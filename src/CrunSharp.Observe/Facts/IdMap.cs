using CrunSharp.Linux;

namespace CrunSharp.Observe;

/// <summary>Questions to an id map.</summary>
internal static class IdMap
{
    /// <summary>Whether the id, as this process counts, has a number inside the namespace.</summary>
    public static bool HasOutside(this IReadOnlyList<IdExtent> map, uint id)
    {
        foreach (IdExtent extent in map)
        {
            if (id >= extent.Outside && id - extent.Outside < extent.Count)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the namespace has this id at all.</summary>
    public static bool HasInside(this IReadOnlyList<IdExtent> map, uint id)
    {
        foreach (IdExtent extent in map)
        {
            if (id >= extent.Inside && id - extent.Inside < extent.Count)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The number inside; null where the namespace has none for it.</summary>
    public static uint? ToInside(this IReadOnlyList<IdExtent> map, uint id)
    {
        foreach (IdExtent extent in map)
        {
            if (id >= extent.Outside && id - extent.Outside < extent.Count)
            {
                return extent.Inside + (id - extent.Outside);
            }
        }

        return null;
    }
}

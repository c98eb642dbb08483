using CrunSharp.Linux;

namespace CrunSharp.Engine;

/// <summary>Who called, seen from outside the user namespace that the engine runs in.</summary>
public sealed record OuterUser
{
    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    /// <summary>The engine's own map, extent by extent; a container's map may not span two of them.</summary>
    public required IReadOnlyList<IdExtent> Uids { get; init; }

    public required IReadOnlyList<IdExtent> Gids { get; init; }

    /// <summary>Without subordinate ids: everything belongs to one id, and setgroups is denied.</summary>
    public bool IsOneId => Uids is [{ Count: 1 }];
}

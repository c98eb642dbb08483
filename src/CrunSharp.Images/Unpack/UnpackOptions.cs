namespace CrunSharp.Images;

public sealed record UnpackOptions
{
    /// <summary>Whether <c>.wh.</c> names hide what lies below, as in image layers; otherwise they are names like any other.</summary>
    public bool Whiteouts { get; init; }

    /// <summary>Found out from this process where null.</summary>
    public UnpackIdentity? Identity { get; init; }

    /// <summary>Owner and group of everything, in place of those in the archive.</summary>
    public (uint Owner, uint Group)? Owner { get; init; }

    public UnpackLimits Limits { get; init; } = new();
}

/// <summary>What a hostile archive could use up.</summary>
public sealed record UnpackLimits
{
    public long Entries { get; init; } = 2_000_000;

    /// <summary>Bytes of one path or link target; the kernel takes no more than 4095.</summary>
    public int PathLength { get; init; } = 4095;

    /// <summary>Bytes of the archive once it is inflated.</summary>
    public long UnpackedSize { get; init; } = 256L << 30;

    /// <summary>Bytes of all records of one PAX header, extended attributes among them.</summary>
    public int HeaderSize { get; init; } = 1 << 20;
}

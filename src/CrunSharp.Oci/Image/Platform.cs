using System.Runtime.InteropServices;

namespace CrunSharp.Oci;

/// <summary>What an image is made for: <c>linux/amd64</c>, <c>linux/arm/v7</c>.</summary>
/// <remarks>image-spec 1.1, image-index.md#platform-variants. Go's names; what people type is translated.</remarks>
public sealed record Platform
{
    public Platform(string os, string architecture, string? variant = null)
    {
        Os = os.ToLowerInvariant();
        (Architecture, Variant) = (architecture.ToLowerInvariant(), variant?.ToLowerInvariant()) switch
        {
            ("x86_64" or "x86-64" or "amd64", null or "" or "v1") => ("amd64", null),
            ("x86_64" or "x86-64", string level) => ("amd64", level),
            ("aarch64" or "arm64", null or "" or "8" or "v8") => ("arm64", null),
            ("aarch64", string level) => ("arm64", level),
            ("armhf", _) or ("arm", null or "" or "7") => ("arm", "v7"),
            ("armel", _) or ("arm", "6") => ("arm", "v6"),
            ("arm", "5") => ("arm", "v5"),
            ("i386" or "i686", _) => ("386", null),
            (string other, null or "") => (other, null),
            (string other, string level) => (other, level),
        };
    }

    /// <summary>What this machine runs.</summary>
    public static Platform Host { get; } = new("linux", RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.Arm => "arm",
        System.Runtime.InteropServices.Architecture.S390x => "s390x",
        System.Runtime.InteropServices.Architecture.Ppc64le => "ppc64le",
        System.Runtime.InteropServices.Architecture.RiscV64 => "riscv64",
        System.Runtime.InteropServices.Architecture.LoongArch64 => "loong64",
        Architecture other => other.ToString(),
    });

    public string Os { get; }

    public string Architecture { get; }

    /// <summary>Null for the oldest of amd64 and for arm64's v8, as indexes leave them out.</summary>
    public string? Variant { get; }

    /// <exception cref="CrunException">The text is not os/architecture, with or without a variant.</exception>
    public static Platform Parse(string text)
    {
        string[] parts = text.Split('/');
        if (parts.Length is < 1 or > 3 || Array.Exists(parts, part => part.Length == 0 || part.AsSpan().ContainsAnyExcept(s_letters)))
        {
            throw new CrunException($"cannot use the platform '{text}'", "it is not os/architecture or os/architecture/variant")
            {
                Hints = ["write it like linux/amd64, linux/arm64 or linux/arm/v7"],
            };
        }

        return parts.Length == 1 ? new Platform("linux", parts[0]) : new Platform(parts[0], parts[1], parts.ElementAtOrDefault(2));
    }

    /// <summary>Whether a machine of this platform runs what is made for <paramref name="offered"/>.</summary>
    public bool Matches(Platform offered) => Distance(offered) is not null;

    /// <summary>How far <paramref name="offered"/> is from the best this machine could run: 0 is exact, null is not at all.</summary>
    public int? Distance(Platform offered)
    {
        if (Os != offered.Os || Architecture != offered.Architecture)
        {
            return null;
        }

        if (Variant == offered.Variant)
        {
            return 0;
        }

        // Only these are known to run what is older; another architecture's variants are names without an order.
        int distance = Architecture switch
        {
            "amd64" => Level(Variant, 1) - Level(offered.Variant, 1),
            "arm64" => Level(Variant, 8) - Level(offered.Variant, 8),
            "arm" => Level(Variant, 7) - Level(offered.Variant, 7),
            _ => offered.Variant is null ? 0 : -1,
        };
        return distance >= 0 ? distance : null;
    }

    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    private static readonly System.Buffers.SearchValues<char> s_letters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

    private static int Level(string? variant, int unsaid) =>
        variant is null ? unsaid : int.TryParse(variant.AsSpan().TrimStart('v'), out int level) ? level : int.MaxValue;
}

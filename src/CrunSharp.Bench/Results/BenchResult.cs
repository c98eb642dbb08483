using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrunSharp.Bench;

/// <summary>Everything that was measured and what it was measured on: the file result.json, from which the report is made.</summary>
public sealed record BenchResult
{
    public required DateTimeOffset When { get; init; }

    public required HostResult Host { get; init; }

    public required SettingsResult Settings { get; init; }

    public IReadOnlyList<ContestantResult> Contestants { get; init; } = [];

    public IReadOnlyList<LeftOut> LeftOut { get; init; } = [];

    public NoiseResult? Noise { get; init; }

    public IReadOnlyList<StartSeries> Start { get; init; } = [];

    public IReadOnlyList<StartSeries> Exec { get; init; } = [];

    public IReadOnlyList<MemoryResult> Memory { get; init; } = [];

    public IReadOnlyList<DensityResult> Density { get; init; } = [];

    public IReadOnlyList<DiskResult> Disk { get; init; } = [];

    public IReadOnlyList<WorkResult> Work { get; init; } = [];

    public IReadOnlyList<AnatomyResult> Anatomy { get; init; } = [];

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, BenchJson.Default.BenchResult);

    /// <exception cref="JsonException">It is no result of this program.</exception>
    public static BenchResult FromJson(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, BenchJson.Default.BenchResult) ?? throw new JsonException("an empty result");
}

public sealed record HostResult
{
    public required string Kernel { get; init; }

    public required string Processor { get; init; }

    public required int Cores { get; init; }

    public required long MemoryMiB { get; init; }

    public required string System { get; init; }

    public required string Cgroups { get; init; }

    public required string User { get; init; }

    public required string Kvm { get; init; }
}

public sealed record SettingsResult
{
    public required string Image { get; init; }

    public required string ImageId { get; init; }

    public required long ImageBytes { get; init; }

    public required IReadOnlyList<string> Program { get; init; }

    public required int MemoryMiB { get; init; }

    public string? Cpus { get; init; }

    public required int Seed { get; init; }

    public required string Command { get; init; }

    public required string Version { get; init; }
}

public sealed record ContestantResult(string Name, ContestantGroup Group, string Version, string What, string? Caveat);

/// <summary>The starts of one contestant, or the programs started in its running instance, under one condition.</summary>
public sealed record StartSeries(string Contestant, string Condition, IReadOnlyList<double> FirstByte, IReadOnlyList<double> Exit);

public sealed record NoiseResult
{
    /// <summary>The same arithmetic, once a round.</summary>
    public required IReadOnlyList<double> Milliseconds { get; init; }

    public required double StealPercent { get; init; }

    public required double IdlePercent { get; init; }

    public required string LoadBefore { get; init; }

    public required string LoadAfter { get; init; }
}

/// <summary>PSS of the processes that one more instance adds, each program apart.</summary>
public sealed record MemoryResult(string Contestant, IReadOnlyList<ProcessMemory> Processes)
{
    [JsonIgnore]
    public double MiB => Processes.Sum(static process => process.PssKiB) / 1024.0;
}

public sealed record ProcessMemory(string Program, long PssKiB);

/// <summary>Instances that run side by side, each with the second it answered at.</summary>
public sealed record DensityResult(string Contestant, IReadOnlyList<double> ReadySeconds, IReadOnlyList<long> UsedMiB, string EndedBy);

/// <summary>Bytes on disk: programs and kernels, the image as this contestant keeps it, and what one running instance adds.</summary>
public sealed record DiskResult(string Contestant, long ProgramBytes, long ImageBytes, long InstanceBytes);

/// <summary>Nanoseconds of one operation, measured inside.</summary>
public sealed record WorkResult(string Contestant, IReadOnlyList<double> SyscallNanoseconds, IReadOnlyList<double> ComputeNanoseconds);

/// <summary>Where the time of one start goes.</summary>
public sealed record AnatomyResult(string Contestant, IReadOnlyList<AnatomyStep> Steps);

public sealed record AnatomyStep(string Name, double FromMs, double ToMs);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(BenchResult))]
internal sealed partial class BenchJson : JsonSerializerContext;

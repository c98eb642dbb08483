using System.Text.Json;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>What <c>state.json</c> keeps: enough to find the container again, whoever made it has long ended.</summary>
internal sealed record ContainerRecord
{
    public required string Id { get; init; }

    public required int Pid { get; init; }

    /// <summary>With the boot's id it tells the process from a later one of the same number.</summary>
    public required ulong StartTime { get; init; }

    public required string BootId { get; init; }

    public required string Bundle { get; init; }

    public required string RootPath { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required string Owner { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> CgroupDirectories { get; init; } = [];

    /// <summary>systemd's unit, where systemd made the cgroup.</summary>
    public string? Scope { get; init; }

    /// <summary>Whether something is to be run once the container is gone; without it the spec need not be read for that.</summary>
    public bool HasPoststop { get; init; }

    /// <param name="spec">The container's config.json as it was when the container was made.</param>
    public ReadOnlySpan<byte> ToJson(ReadOnlySpan<byte> spec)
    {
        JsonText json = new(4096 + spec.Length);
        json.WriteStartObject();
        json.WriteString("id"u8, Id);
        json.WriteNumber("pid"u8, Pid);
        json.WriteNumber("startTime"u8, StartTime);
        json.WriteString("bootId"u8, BootId);
        json.WriteString("bundle"u8, Bundle);
        json.WriteString("rootfs"u8, RootPath);
        json.WriteNumber("created"u8, Created.UtcTicks);
        json.WriteString("owner"u8, Owner);
        if (Scope is not null)
        {
            json.WriteString("scope"u8, Scope);
        }

        json.WriteStartArray("cgroups"u8);
        foreach (string directory in CgroupDirectories)
        {
            json.WriteStringValue(directory);
        }

        json.WriteEndArray();
        json.WriteStartObject("annotations"u8);
        foreach ((string name, string value) in Annotations)
        {
            json.WritePropertyName(name);
            json.WriteStringValue(value);
        }

        json.WriteEndObject();
        json.WriteBoolean("poststop"u8, HasPoststop);

        // Last, so that whoever only asks for the state reads past it in one go.
        json.WritePropertyName("spec"u8);
        json.WriteRawValue(spec);
        json.WriteEndObject();
        return json.Written;
    }

    /// <exception cref="JsonException">It is no record.</exception>
    public static ContainerRecord Parse(ReadOnlySpan<byte> bytes) => Parse(bytes, out _);

    /// <param name="spec">Where in the bytes the spec is.</param>
    /// <exception cref="JsonException">It is no record.</exception>
    public static ContainerRecord Parse(ReadOnlySpan<byte> bytes, out Range spec)
    {
        spec = default;
        Utf8JsonReader json = new(bytes);
        string? id = null, boot = null, bundle = null, root = null, owner = null, scope = null;
        int pid = 0;
        ulong start = 0;
        bool poststop = false;
        DateTimeOffset created = default;
        List<string> cgroups = [];
        Dictionary<string, string> annotations = [];
        _ = json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            _ = json.Read();
            switch (name)
            {
                case "id": id = json.GetString(); break;
                case "pid": pid = json.GetInt32(); break;
                case "startTime": start = json.GetUInt64(); break;
                case "bootId": boot = json.GetString(); break;
                case "bundle": bundle = json.GetString(); break;
                case "rootfs": root = json.GetString(); break;
                case "created": created = new DateTimeOffset(json.GetInt64(), TimeSpan.Zero); break;
                case "owner": owner = json.GetString(); break;
                case "scope": scope = json.GetString(); break;
                case "cgroups":
                    while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                    {
                        cgroups.Add(json.GetString()!);
                    }

                    break;
                case "annotations":
                    while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                    {
                        string key = json.GetString()!;
                        _ = json.Read();
                        annotations[key] = json.GetString() ?? "";
                    }

                    break;
                case "poststop": poststop = json.GetBoolean(); break;
                case "spec":
                    int begin = (int)json.TokenStartIndex;
                    json.Skip();
                    spec = begin..(int)json.BytesConsumed;
                    break;
                default: json.Skip(); break;
            }
        }

        return new ContainerRecord
        {
            Id = id ?? throw new JsonException("the record has no id"),
            Pid = pid,
            StartTime = start,
            BootId = boot ?? "",
            Bundle = bundle ?? "",
            RootPath = root ?? "",
            Created = created,
            Owner = owner ?? "",
            Scope = scope,
            CgroupDirectories = cgroups,
            Annotations = annotations,
            HasPoststop = poststop,
        };
    }
}
